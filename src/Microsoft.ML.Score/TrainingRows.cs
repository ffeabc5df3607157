using System.Collections;
using Microsoft.ML.Score.Rows;
using Microsoft.ML.Score.Training;

namespace Microsoft.ML.Score;

/// <summary>The training examples of a data view: read anew, one row at a time, by each enumeration.</summary>
internal sealed class TrainingRows : IEnumerable<TrainingExample>
{
    private readonly IDataView _data;
    private readonly FeatureColumns _features;
    private readonly EncoderIdentity _encoder;
    private readonly IReadOnlyList<DataViewSchema.Column> _featureColumns;
    private readonly DataViewSchema.Column _caption;

    public TrainingRows(IDataView data, FeatureColumns features, string captionColumnName, EncoderIdentity encoder)
    {
        _data = data;
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
        while (cursor.MoveNext())
        {
            var text = caption();
            yield return new TrainingExample(video.Read(), text);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
