using System.Collections;
using Microsoft.ML.Score.Columns;
using Microsoft.ML.Score.Training;

namespace Microsoft.ML.Score.Estimators;

/// <summary>The training examples of a data view: read anew, one row at a time, by each enumeration.</summary>
internal sealed class TrainingRows : IEnumerable<TrainingRow>
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

    public IEnumerator<TrainingRow> GetEnumerator()
    {
        using var cursor = _data.GetRowCursor([.. _featureColumns, _caption]);
        var video = new FeatureReader(_features, cursor, _encoder, keep: true);
        var caption = TextColumn.Reader(cursor, _caption);
        var any = false;
        while (cursor.MoveNext())
        {
            any = true;
            var text = caption();
            yield return new TrainingRow(video.Read(), text); // TODO
        }

        if (!any)
            throw new InvalidOperationException($"{_view} has no rows: ScoreCompress needs at least one, with '{_features.Features}' and '{_caption.Name}'. Look whether a filter or an empty file left nothing.");
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
