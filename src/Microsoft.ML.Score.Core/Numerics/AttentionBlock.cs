using System.Buffers;
using System.Numerics.Tensors;

namespace Microsoft.ML.Score.Numerics;

/// <summary>
/// The queries of one task of <see cref="TiledAttention"/>. Dimension letters: r rows (queries times heads of the group,
/// query-major), c values a head. Both products run on <see cref="MatrixKernel"/>, whose tiles are Rows x Columns: buffers are
/// padded to whole tiles, so there are no edges.
/// </summary>
internal readonly unsafe ref struct AttentionBlock(CpuTensor q, CpuTensor k, CpuTensor v, int c, int keyValueHead, CpuTensor y)
{
    // Keys of a tile; a multiple of MatrixKernel.Columns.
    private const int Keys = 64;

    private readonly int _group = q.Columns / k.Columns;
    private readonly int _width = RoundUp(c, MatrixKernel.Columns);

    /// <summary>Queries [first, first + count) of a segment.</summary>
    public void Run(AttentionSegment segment, int first, int count, bool causal)
    {
        var r = RoundUp(count * _group, MatrixKernel.Rows);
        var length = r * (c + _width + Keys + 2) + Keys * (c + _width);
        var buffer = ArrayPool<float>.Shared.Rent(length);
        buffer.AsSpan(0, length).Clear();
        fixed (float* start = buffer)
        {
            var tile = new Tile(start, r, c, _width);
            new Span<float>(tile.Maxima, r).Fill(float.NegativeInfinity);
            for (var i = 0; i < count; i++)
                TensorPrimitives.Multiply(HeadsOf(q, segment.QueryStart + first + i), 1 / MathF.Sqrt(c), new Span<float>(tile.Queries + i * _group * c, _group * c));

            // Query i of the block sees the own keys before visible + i.
            var visible = causal ? segment.KeyCount - segment.QueryCount + first + 1 : segment.KeyCount;
            var last = causal ? visible + count - 1 : visible;
            for (var from = 0; from < segment.PrefixCount; from += Keys)
                AddKeys(tile, segment.PrefixStart + from, Math.Min(Keys, segment.PrefixCount - from), Keys, count);
            for (var from = 0; from < last; from += Keys)
                AddKeys(tile, segment.KeyStart + from, Math.Min(Keys, last - from), causal ? visible - from : Keys, count);

            for (var i = 0; i < count; i++)
            {
                var result = HeadsOf(y, segment.QueryStart + first + i);
                for (var head = 0; head < _group; head++)
                {
                    var row = i * _group + head;
                    TensorPrimitives.Multiply(new ReadOnlySpan<float>(tile.Sums + row * _width, c), 1 / tile.Totals[row], result.Slice(head * c, c));
                }
            }
        }

        ArrayPool<float>.Shared.Return(buffer);
    }

    /// <summary>Brings n keys into the running softmax; query i of the block sees the first <paramref name="visible"/> + i of them.</summary>
    private void AddKeys(Tile tile, int start, int n, int visible, int count)
    {
        Pack(tile, start, n);
        // Rows before this one see none of the keys; it starts a tile of rows.
        var rows = count * _group;
        var firstRow = Math.Max(0, 1 - visible) * _group / MatrixKernel.Rows * MatrixKernel.Rows;
        for (var row = firstRow; row < rows; row += MatrixKernel.Rows)
            for (var key = 0; key < n; key += MatrixKernel.Columns)
                MatrixKernel.Multiply(tile.Queries + row * c, c, 1, MatrixKernel.Rows, tile.PackedKeys + key * c, c, tile.Scores + row * Keys + key, Keys, add: false);

        for (var row = firstRow; row < rows; row++)
        {
            var scores = new Span<float>(tile.Scores + row * Keys, n);
            var seen = Math.Clamp(visible + row / _group, 0, n);
            scores[seen..].Clear();
            if (seen > 0)
                Exponentiate(tile, row, scores[..seen]);
        }

        for (var row = firstRow; row < rows; row += MatrixKernel.Rows)
            for (var column = 0; column < _width; column += MatrixKernel.Columns)
                MatrixKernel.Multiply(tile.Scores + row * Keys, Keys, 1, MatrixKernel.Rows, tile.PackedValues + column * Keys, n, tile.Sums + row * _width + column, _width, add: true);
    }

    /// <summary>scores = exp(scores - maximum), after what the row has so far is brought to a larger maximum.</summary>
    private void Exponentiate(Tile tile, int row, Span<float> scores)
    {
        var largest = Math.Max(tile.Maxima[row], TensorPrimitives.Max<float>(scores));
        if (largest != tile.Maxima[row])
        {
            var shrink = MathF.Exp(tile.Maxima[row] - largest);
            var sums = new Span<float>(tile.Sums + row * _width, c);
            tile.Totals[row] *= shrink;
            TensorPrimitives.Multiply(sums, shrink, sums);
            tile.Maxima[row] = largest;
        }

        tile.Totals[row] += Exponential.ShiftedInPlace(scores, largest);
    }

    /// <summary>Panels of <see cref="MatrixKernel.Columns"/> columns: keys transposed, [c, Columns] each; values [Keys, Columns] each, zero beyond c.</summary>
    private void Pack(Tile tile, int start, int n)
    {
        var columns = MatrixKernel.Columns;
        for (var j = 0; j < n; j++)
        {
            var key = k.Row(start + j).Slice(keyValueHead * c, c);
            var packed = tile.PackedKeys + j / columns * columns * c + j % columns;
            for (var d = 0; d < key.Length; d++, packed += columns)
                *packed = key[d];
            var value = v.Row(start + j).Slice(keyValueHead * c, c);
            for (var column = 0; column < c; column += columns)
            {
                var part = value[column..Math.Min(column + columns, c)];
                part.CopyTo(new Span<float>(tile.PackedValues + column * Keys + j * columns, part.Length));
            }
        }
    }

    private Span<float> HeadsOf(CpuTensor x, int row) => x.Row(row).Slice(keyValueHead * _group * c, _group * c);

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;

    /// <summary>The buffers of a task, cut from one.</summary>
    private readonly struct Tile(float* start, int r, int c, int width)
    {
        public readonly float* PackedKeys = start;
        public readonly float* PackedValues = start + Keys * c;
        public readonly float* Scores = start + Keys * (c + width);
        public readonly float* Queries = start + Keys * (c + width) + r * Keys;
        public readonly float* Sums = start + Keys * (c + width) + r * (Keys + c);
        public readonly float* Maxima = start + Keys * (c + width) + r * (Keys + c + width);
        public readonly float* Totals = start + Keys * (c + width) + r * (Keys + c + width + 1);
    }
}
