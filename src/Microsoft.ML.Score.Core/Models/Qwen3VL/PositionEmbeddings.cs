using System.Numerics.Tensors;
using Microsoft.ML.Score.Models.Qwen25VL;

namespace Microsoft.ML.Score.Models.Qwen3VL;

/// <summary>
/// The table of position embeddings, a square grid of vectors, interpolated to a frame's grid of patches: bilinear, corner on corner, in single
/// precision as the original code has it.
/// </summary>
/// <param name="table">[side * side, dimension].</param>
/// <param name="side">Rows and columns of the table.</param>
/// <param name="merge">Patches along the side of a token.</param>
internal sealed class PositionEmbeddings(float[] table, int side, int merge)
{
    private readonly int _dimension = table.Length / (side * side);

    /// <summary>The embeddings of the patches of one time step, [patches, dimension], the patches of a token beside each other.</summary>
    public float[] Interpolate(PatchGrid grid)
    {
        var (rows, columns) = (Places(grid.Height, side), Places(grid.Width, side));
        var embeddings = new float[grid.PatchesPerStep * _dimension];
        var patch = 0;
        for (var top = 0; top < grid.Height; top += merge)
            for (var left = 0; left < grid.Width; left += merge)
                for (var y = top; y < top + merge; y++)
                    for (var x = left; x < left + merge; x++)
                        Mix(rows[y], columns[x], embeddings.AsSpan(patch++ * _dimension, _dimension));
        return embeddings;
    }

    /// <summary>
    /// Where <paramref name="count"/> places lie evenly from 0 to side - 1: float32, counted from the nearer end, product and difference rounded once,
    /// as torch.linspace does.
    /// </summary>
    public static float[] Places(int count, int side)
    {
        float end = side - 1;
        var step = count > 1 ? end / (count - 1) : 0;
        return [.. Enumerable.Range(0, count).Select(i => i < count / 2 || count == 1 ? step * i : MathF.FusedMultiplyAdd(-step, count - 1 - i, end))];
    }

    private void Mix(float row, float column, Span<float> sum)
    {
        var (top, left) = ((int)row, (int)column);
        var (bottom, right) = (Math.Min(top + 1, side - 1), Math.Min(left + 1, side - 1));
        var (down, across) = (row - top, column - left);
        sum.Clear();
        Add(top, left, (1 - down) * (1 - across), sum);
        Add(top, right, (1 - down) * across, sum);
        Add(bottom, left, down * (1 - across), sum);
        Add(bottom, right, down * across, sum);
    }

    private void Add(int row, int column, float weight, Span<float> sum) =>
        TensorPrimitives.MultiplyAdd(table.AsSpan((row * side + column) * _dimension, _dimension), weight, sum, sum);
}
