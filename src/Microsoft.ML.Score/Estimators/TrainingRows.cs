using System.Collections;
using Microsoft.ML.Runtime;
using Microsoft.ML.Score.Columns;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Training;

namespace Microsoft.ML.Score.Estimators;

/// <summary>The training examples of a data view: read anew, one row at a time, by each enumeration.</summary>
internal sealed class TrainingRows : IEnumerable<TrainingExample>
{
    private readonly IDataView _data;
    private readonly string _view;
    private readonly FeatureColumns _features;
    private readonly EncoderIdentity _encoder;
    private readonly IReadOnlyList<DataViewSchema.Column> _featureColumns;
    private readonly DataViewSchema.Column _caption;

    /// <param name="data">The rows.</param>
    /// <param name="view">What the rows are to the user, for messages.</param>
    /// <param name="features">How their features are read.</param>
    /// <param name="captionColumnName">Name of the column of captions.</param>
    /// <param name="encoder">The encoder whose tokens are wanted.</param>
    public TrainingRows(IDataView data, string view, FeatureColumns features, string captionColumnName, EncoderIdentity encoder)
    {
        _data = data;
        _view = view;
        _features = features;
        _encoder = encoder;
        _featureColumns = features.Bind(data.Schema, encoder);
        _caption = InputColumns.Find(data.Schema, captionColumnName, ColumnKind.Text);
    }

    public IEnumerator<TrainingExample> GetEnumerator()
    {
        using var cursor = _data.GetRowCursor([.. _featureColumns, _caption]);
        var video = new FeatureReader(_features, cursor, _encoder, keep: true);
        var caption = TextColumn.Reader(cursor, _caption);
        var any = false;
        while (cursor.MoveNext())
        {
            any = true;
            var text = caption();
            yield return new TrainingExample(video.Read(), text);
        }

        if (!any)
            throw new InvalidOperationException($"{_view} has no rows: ScoreCompress needs at least one, with '{_features.Features}' and '{_caption.Name}'. Look whether a filter or an empty file left nothing.");
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>
/// Writes the trainer's progress to an ML.NET channel, from where it reaches <see cref="MLContext.Log"/>: every tenth step as information,
/// the others as trace.
/// </summary>
internal sealed class ChannelProgress(IChannel channel) : IProgress<TrainingProgress>
{
    private const int Interval = 10;

    public void Report(TrainingProgress value)
    {
        if (value.Warning is { } warning)
            channel.Warning(MessageSensitivity.None, warning);
        if (value.Validation is { } validation)
            channel.Info(
                MessageSensitivity.None,
                $"{validation.Stage}, step {value.Step} of {value.TotalSteps}: validation cross-entropy {validation.CrossEntropy:F4} "
                + $"at {validation.RetentionRatio:P0}, {validation.BaseCrossEntropy:F4} with all tokens{(validation.IsBest ? ", the best so far" : "")}.");
        if (value.Metrics is not { } metrics)
            return;

        var message = $"{metrics.Stage}, step {value.Step} of {value.TotalSteps}: loss {metrics.Loss:F4}, "
            + $"cross-entropy {metrics.CrossEntropy:F4} ({metrics.BaseCrossEntropy:F4} with all tokens), "
            + $"{metrics.Retention:P1} of tokens kept, {metrics.SafeShare:P0} of rollouts safe.";
        if (value.Step % Interval == 0 || value.Step == value.TotalSteps)
            channel.Info(MessageSensitivity.None, message);
        else
            channel.Trace(MessageSensitivity.None, message);
    }
}
