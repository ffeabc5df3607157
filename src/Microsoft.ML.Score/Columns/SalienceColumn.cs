using Microsoft.ML.Data;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Columns;

/// <summary>Reads a column with one salience for each of the T*N tokens.</summary>
internal static class SalienceColumn
{
    /// <summary>A function that gives a video with the saliences at the row's current position as its pooled attention, which all mergers take.</summary>
    public static Func<VideoTokens, VideoTokens> Reader(DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<VBuffer<float>>(column);
        var buffer = new VBuffer<float>();
        return video =>
        {
            getter(ref buffer);
            var salience = buffer.DenseValues().ToArray();
            if (salience.Length != video.Grid.Count)
                throw RowError.At(row, column.Name, $"there are {salience.Length} saliences, the video's grid of {video.Grid} has {video.Grid.Count} tokens.");
            RowError.ThrowIfNotFinite(row, column.Name, salience, "saliences");
            return new VideoTokens(video.Grid, video.Dimension, video.Vectors, video.EncoderFingerprint)
            {
                Times = video.Times,
                DeepStack = video.DeepStack,
                Statistics = new EncoderStatistics { PooledAttention = salience, StepFeatures = video.Statistics?.StepFeatures ?? default },
            };
        };
    }
}
