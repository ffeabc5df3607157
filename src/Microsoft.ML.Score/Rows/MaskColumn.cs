using Microsoft.ML.Data;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Rows;

/// <summary>Reads a mask column and gathers the tokens that it keeps.</summary>
internal static class MaskColumn
{
    /// <summary>A function that gives the kept tokens of the given video at the row's current position.</summary>
    public static Func<VideoTokens, KeptTokens> Reader(DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<VBuffer<bool>>(column);
        var buffer = new VBuffer<bool>();
        var mask = Array.Empty<bool>();
        return video =>
        {
            getter(ref buffer);
            if (buffer.Length != video.Grid.Count)
                throw RowError.At(row, column.Name, $"the mask has {buffer.Length} values, the video's grid of {video.Grid} has {video.Grid.Count} tokens.");
            if (mask.Length != buffer.Length)
                mask = new bool[buffer.Length];
            buffer.CopyTo(mask);

            var positions = new int[mask.AsSpan().Count(true)];
            for (int i = 0, k = 0; k < positions.Length; i++)
                if (mask[i])
                    positions[k++] = i;
            return KeptTokens.Gather(video, positions);
        };
    }
}
