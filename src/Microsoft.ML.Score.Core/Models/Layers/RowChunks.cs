using System.Numerics;
using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Models.Layers;

/// <summary>
/// Cuts the rows of a layer so that what it holds between its input and its output stays within a fixed number of bytes, however
/// many rows there are. Rows do not see each other outside attention, and attention takes its keys whole, so the cut changes no result.
/// </summary>
internal static class RowChunks
{
    private static int[] s_indices = [];

    /// <summary>(first row, rows) of each chunk, in order; one row at least.</summary>
    /// <param name="rows">All rows.</param>
    /// <param name="valuesPerRow">Single-precision values of a row that are alive together at the most.</param>
    /// <param name="bytes">The limit.</param>
    public static IEnumerable<(int Start, int Count)> Of(int rows, int valuesPerRow, long bytes)
    {
        var largest = (int)Largest(rows, valuesPerRow, bytes);
        for (var start = 0; start < rows; start += largest)
            yield return (start, Math.Min(largest, rows - start));
    }

    /// <summary>Bytes of activations of the largest chunk in main memory.</summary>
    public static long BytesOfLargest(long rows, int valuesPerRow) => Largest(rows, valuesPerRow, ActivationLimits.MainMemory.ChunkBytes) * valuesPerRow * sizeof(float);

    /// <summary>start, start + 1, ... as indices, without allocation once as many rows were asked for.</summary>
    public static ReadOnlySpan<int> Indices(int start, int count)
    {
        var indices = s_indices;
        if (indices.Length < start + count)
            s_indices = indices = [.. Enumerable.Range(0, (int)BitOperations.RoundUpToPowerOf2((uint)(start + count)))];
        return indices.AsSpan(start, count);
    }

    private static long Largest(long rows, int valuesPerRow, long bytes) => Math.Clamp(bytes / sizeof(float) / valuesPerRow, 1, Math.Max(1, rows));
}
