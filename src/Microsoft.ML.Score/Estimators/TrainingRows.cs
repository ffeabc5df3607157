using System.Collections;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Score.Columns;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Training;

namespace Microsoft.ML.Score.Estimators;

/// <summary>
/// The training rows of a data view: read anew, one row at a time, by each enumeration, and of a row only what a step needs. A row may be
/// read until the enumerator moves on.
/// </summary>
internal sealed class TrainingRows : IEnumerable<TrainingRow>
{
    private readonly IDataView _data;
    private readonly string _view;
    private readonly FeatureColumns _features;
    private readonly EncoderIdentity _encoder;
    private readonly Func<string, string?> _findCaptionFault;
    private readonly bool _skipUnusable;
    private readonly IReadOnlyList<DataViewSchema.Column> _featureColumns;
    private readonly DataViewSchema.Column _caption;
    private readonly DataViewSchema.Column? _isStill;

    /// <param name="data">The rows.</param>
    /// <param name="view">What the rows are to the user, for messages.</param>
    /// <param name="features">How their features are read.</param>
    /// <param name="captionColumnName">Name of the column of captions.</param>
    /// <param name="isStillColumnName">Name of the column that says which rows are stills, if there is one; else their grids say so.</param>
    /// <param name="encoder">The encoder whose tokens are wanted.</param>
    /// <param name="findCaptionFault">What keeps a caption from being used; null where nothing does.</param>
    /// <param name="skipUnusable">Whether a row that cannot be used is given as one whose reading fails, for the trainer to pass over; else it ends the enumeration.</param>
    public TrainingRows(
        IDataView data, string view, FeatureColumns features, string captionColumnName, string isStillColumnName, EncoderIdentity encoder,
        Func<string, string?> findCaptionFault, bool skipUnusable)
    {
        _data = data;
        _view = view;
        _features = features;
        _encoder = encoder;
        _findCaptionFault = findCaptionFault;
        _skipUnusable = skipUnusable;
        _featureColumns = features.Bind(data.Schema, encoder);
        _caption = InputColumns.Find(data.Schema, captionColumnName, ColumnKind.Text);
        _isStill = data.Schema.GetColumnOrNull(isStillColumnName);
        if (_isStill is { Type: not BooleanDataViewType } other)
            throw InputColumns.Mismatch(isStillColumnName, $"Boolean (or no such column; {nameof(ScoreOptions.IsStillColumnName)} names another)", other.Type.ToString()!);
    }

    public IEnumerator<TrainingRow> GetEnumerator()
    {
        using var cursor = _data.GetRowCursor([.. _featureColumns, _caption, .. _isStill is { } active ? [active] : Array.Empty<DataViewSchema.Column>()]);
        var video = new FeatureReader(_features, cursor, _encoder, keep: true);
        var caption = TextColumn.Reader(cursor, _caption);
        var isStill = _isStill is { } column ? cursor.GetGetter<bool>(column) : null;
        var any = false;
        while (cursor.MoveNext())
        {
            any = true;
            yield return RowOrFault();
        }

        if (!any)
            throw new InvalidOperationException($"{_view} has no rows: ScoreCompress needs at least one, with '{_features.Features}' and '{_caption.Name}'. Look whether a filter or an empty file left nothing.");

        TrainingRow RowOrFault()
        {
            try
            {
                return Row();
            }
            catch (Exception fault) when (_skipUnusable && (fault is InvalidDataException or FileNotFoundException))
            {
                return new TrainingRow("(none)", isStill: false, _ => throw fault);
            }
        }

        string Caption()
        {
            var text = caption();
            return text.Length > TrainingRow.MostCaptionCharacters ? throw RowError.At(cursor, _caption.Name, $"the caption has {text.Length} characters; expected at most {TrainingRow.MostCaptionCharacters}.")
                : _findCaptionFault(text) is { } fault ? throw RowError.At(cursor, _caption.Name, $"the caption {fault}.")
                : text;
        }

        TrainingRow Row()
        {
            VideoTokens? read = null;
            var still = false;
            if (isStill is null)
                still = Grid().TimeSteps == 1;
            else
                isStill(ref still);
            return new TrainingRow(Caption(), still, _ => Video(), Grid);

            TokenGrid Grid() => read?.Grid ?? video.FindGrid() ?? Video().Grid;

            VideoTokens Video() => read ??= video.Read();
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>
/// Writes the trainer's progress to an ML.NET channel, from where it reaches <see cref="MLContext.Log"/>: every tenth step as information,
/// the others as trace. It goes on to who else wants it.
/// </summary>
/// <param name="channel">The channel.</param>
/// <param name="next">Who else wants it; null for nobody.</param>
internal sealed class ChannelProgress(IChannel channel, IProgress<TrainingProgress>? next) : IProgress<TrainingProgress>
{
    private const int Interval = 10;

    public void Report(TrainingProgress value)
    {
        next?.Report(value);
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
