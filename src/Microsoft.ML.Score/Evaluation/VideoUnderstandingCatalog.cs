using Microsoft.ML.Data;
using Microsoft.ML.Score.Columns;
using Microsoft.ML.Score.Evaluation;

namespace Microsoft.ML.Score;

/// <summary>Evaluates answers to questions about videos; get it with <c>mlContext.VideoUnderstanding()</c>.</summary>
public sealed class VideoUnderstandingCatalog
{
    internal VideoUnderstandingCatalog()
    {
    }

    /// <summary>
    /// Compares answers with labels, in one pass over the data. An answer is right when it equals the label apart from case, outer
    /// white space and a closing full stop.
    /// </summary>
    /// <param name="data">Scored rows.</param>
    /// <param name="labelColumnName">Text column of right answers.</param>
    /// <param name="answerColumnName">Text column of given answers; an empty one counts as unanswered, and as wrong.</param>
    /// <param name="categoryColumnName">Text column that groups the questions; null for no groups.</param>
    /// <param name="videoColumnName">
    /// Text column that names the video of each row: questions about one video are not independent, and the intervals then say so. Null
    /// takes rows as independent.
    /// </param>
    /// <param name="maskColumnName">Mask column (Vector of <see cref="bool"/>); null where the share of retained tokens is not asked for.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
    /// <exception cref="InvalidDataException">There is no row, or a label, category or video is empty.</exception>
    public VideoUnderstandingMetrics Evaluate(
        IDataView data,
        string labelColumnName = "Label",
        string answerColumnName = "Answer",
        string? categoryColumnName = null,
        string? videoColumnName = null,
        string? maskColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentException.ThrowIfNullOrEmpty(labelColumnName);
        ArgumentException.ThrowIfNullOrEmpty(answerColumnName);

        var label = InputColumns.Find(data.Schema, labelColumnName, ColumnKind.Text);
        var answer = InputColumns.Find(data.Schema, answerColumnName, ColumnKind.Text);
        var category = FindOrNull(categoryColumnName, ColumnKind.Text);
        var video = FindOrNull(videoColumnName, ColumnKind.Text);
        var mask = FindOrNull(maskColumnName, ColumnKind.Booleans);

        using var cursor = data.GetRowCursor(new[] { label, answer, category, video, mask }.OfType<DataViewSchema.Column>());
        var nextLabel = TextColumn.Reader(cursor, label);
        var nextAnswer = cursor.GetGetter<ReadOnlyMemory<char>>(answer);
        var nextCategory = category is null ? null : TextColumn.Reader(cursor, category.Value);
        var nextVideo = video is null ? () => cursor.Position.ToString() : TextColumn.Reader(cursor, video.Value);
        var nextShare = mask is null ? null : ShareReader(cursor, mask.Value);

        List<(string Category, string Video, double Right)> answers = [];
        var unanswered = 0;
        var retained = 0.0;
        ReadOnlyMemory<char> given = default;
        while (cursor.MoveNext())
        {
            nextAnswer(ref given);
            var right = Normalize(nextLabel()).Equals(Normalize(given.Span), StringComparison.OrdinalIgnoreCase);
            answers.Add((nextCategory?.Invoke() ?? "", nextVideo(), right ? 1 : 0));
            unanswered += given.Span.IsWhiteSpace() ? 1 : 0;
            retained += nextShare?.Invoke() ?? 0;
        }

        if (answers.Count == 0)
            throw new InvalidDataException("There is no row to evaluate.");
        return new VideoUnderstandingMetrics(
            Accuracy(answers),
            unanswered,
            nextShare is null ? null : retained / answers.Count,
            nextCategory is null ? new Dictionary<string, Estimate>() : answers.GroupBy(row => row.Category, StringComparer.Ordinal).ToDictionary(group => group.Key, Accuracy));

        DataViewSchema.Column? FindOrNull(string? name, ColumnKind kind) => name is null ? null : InputColumns.Find(data.Schema, name, kind);
    }

    private static Func<double> ShareReader(DataViewRow row, DataViewSchema.Column mask)
    {
        var getter = row.GetGetter<VBuffer<bool>>(mask);
        VBuffer<bool> buffer = default;
        return () =>
        {
            getter(ref buffer);
            return buffer.Length > 0 ? (double)buffer.GetValues().Count(true) / buffer.Length : throw RowError.At(row, mask.Name, "the mask is empty.");
        };
    }

    private static Estimate Accuracy(IEnumerable<(string Category, string Video, double Right)> answers) =>
        Estimate.OfMean(answers.Select(row => (row.Video, row.Right)));

    private static ReadOnlySpan<char> Normalize(ReadOnlySpan<char> text) => text.Trim().TrimEnd('.').TrimEnd();
}

/// <summary>How well questions about videos were answered.</summary>
public sealed class VideoUnderstandingMetrics
{
    internal VideoUnderstandingMetrics(Estimate accuracy, int unanswered, double? retainedTokens, IReadOnlyDictionary<string, Estimate> perCategory)
    {
        Accuracy = accuracy;
        Unanswered = unanswered;
        RetainedTokens = retainedTokens;
        PerCategory = perCategory;
    }

    /// <summary>
    /// The share of right answers over all rows, 0 to 1, with its 95% interval: a bootstrap over whole videos where a video column was
    /// named, else over rows.
    /// </summary>
    public Estimate Accuracy { get; }

    /// <summary>Number of rows.</summary>
    public int Count => Accuracy.Count;

    /// <summary>Number of rows with an empty answer; they count as wrong.</summary>
    public int Unanswered { get; }

    /// <summary>The share of tokens that the masks keep, 0 to 1, as the mean over rows; null when no mask column was named.</summary>
    public double? RetainedTokens { get; }

    /// <summary>Accuracy of each category; empty when no category column was named.</summary>
    public IReadOnlyDictionary<string, Estimate> PerCategory { get; }
}
