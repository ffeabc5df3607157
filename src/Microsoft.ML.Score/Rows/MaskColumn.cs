using Microsoft.ML.Data;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Rows;

/// <summary>Reads a mask column.</summary>
internal static class MaskColumn
{
    /// <summary>A function that gives the positions that the mask keeps, at the row's current position, on the grid of the row's video.</summary>
    public static Func<TokenGrid, int[]> Reader(DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<VBuffer<bool>>(column);
        var buffer = new VBuffer<bool>();
        var mask = Array.Empty<bool>();
        return grid =>
        {
            getter(ref buffer);
            if (buffer.Length != grid.Count)
                throw RowError.At(row, column.Name, $"the mask has {buffer.Length} values, the video's grid of {grid} has {grid.Count} tokens.");
            if (mask.Length != buffer.Length)
                mask = new bool[buffer.Length];
            buffer.CopyTo(mask);

            var positions = new int[mask.AsSpan().Count(true)];
            for (int i = 0, k = 0; k < positions.Length; i++)
                if (mask[i])
                    positions[k++] = i;
            return positions;
        };
    }
}
