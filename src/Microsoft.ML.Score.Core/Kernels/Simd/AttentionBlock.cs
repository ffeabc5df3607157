using System.Numerics.Tensors;

namespace Microsoft.ML.Score.Kernels.Simd;

/// <summary>
/// The queries of one task of <see cref="TiledAttention"/>. Dimension letters: r rows (queries times heads of the group,
/// query-major), c values a head. Rows stand side by side in panels of <see cref="MatrixKernel.Columns"/>, and everything is
/// computed transposed: scores^T = keys queries^T and sums^T += values^T scores^T. So keys are read where they are, scores come
/// out as the packed operand of the second product, and softmax goes down the columns. Only the queries are transposed, once.
/// </summary>
internal readonly unsafe ref struct AttentionBlock(CpuTensor q, CpuTensor k, CpuTensor v, int c, int keyValueHead, CpuTensor y)
{
    // Keys of a tile: the values and the scores of a panel then share the second-level cache with all panels of the block. Whole tiles of rows.
    private const int Keys = 16 * MatrixKernel.Rows;

    private readonly int _group = q.Columns / k.Columns;
    private readonly int _paddedC = RoundUp(c, MatrixKernel.Rows);
    private readonly int _columns = MatrixKernel.Columns;

    /// <summary>Queries [first, first + count) of a segment.</summary>
    public void Run(AttentionSegment segment, int first, int count, bool causal)
    {
        var panels = (count * _group + _columns - 1) / _columns;
        var block = new Block(panels, c, _paddedC, _columns);
        for (var panel = 0; panel < panels; panel++)
            PackQueries(block, panel, segment.QueryStart + first, count);

        // Query i of the block sees the own keys before visible + i.
        var visible = causal ? segment.KeyCount - segment.QueryCount + first + 1 : segment.KeyCount;
        var last = causal ? visible + count - 1 : visible;
        for (var from = 0; from < segment.PrefixCount; from += Keys)
            AddKeys(block, segment.PrefixStart + from, Math.Min(Keys, segment.PrefixCount - from), Keys);
        for (var from = 0; from < last; from += Keys)
            AddKeys(block, segment.KeyStart + from, Math.Min(Keys, last - from), causal ? visible - from : Keys);

        for (var panel = 0; panel < panels; panel++)
            StoreResult(block, panel, segment.QueryStart + first, count);
    }

    /// <summary>Brings n keys into the running softmax; query i of the block sees the first <paramref name="visible"/> + i of them.</summary>
    private void AddKeys(Block block, int start, int n, int visible)
    {
        fixed (float* keys = k.Row(start)[(keyValueHead * c)..], values = v.Row(start)[(keyValueHead * c)..])
        {
            for (var d = 0; d < c; d += MatrixKernel.Rows)
                Panels.PackRows(values + d, v.Columns, n, Math.Min(MatrixKernel.Rows, c - d), block.Values + d * Keys);

            for (var panel = 0; panel < block.Panels; panel++)
            {
                var row = panel * _columns;
                var seen = Math.Min(n, visible + (row + _columns - 1) / _group);
                if (seen <= 0)
                    continue;
                for (var key = 0; key < seen; key += MatrixKernel.Rows)
                    MatrixKernel.Multiply(
                        keys + (nint)key * k.Columns, k.Columns, 1, Math.Min(MatrixKernel.Rows, seen - key),
                        block.Queries + row * c, c, block.Scores + key * _columns, _columns, add: false);
                var hidden = Math.Max(0, visible + row / _group);
                for (var key = hidden; key < seen; key++)
                    new Span<float>(block.Scores + key * _columns, Math.Clamp((key - visible + 1) * _group - row, 0, _columns)).Fill(float.NegativeInfinity);
                SoftmaxPanel.Update(block.Scores, seen, block.Maxima + row, block.Totals + row, block.Sums + row * _paddedC, c);
                if (hidden < seen && !AreFinite(start + hidden, seen - hidden))
                    AddSeenValues(block, row, start, seen);
                else
                    for (var d = 0; d < c; d += MatrixKernel.Rows)
                        MatrixKernel.Multiply(
                            block.Values + d * Keys, 1, MatrixKernel.Rows, Math.Min(MatrixKernel.Rows, c - d),
                            block.Scores, seen, block.Sums + row * _paddedC + d * _columns, _columns, add: true);
            }
        }
    }

    private bool AreFinite(int start, int n)
    {
        for (var i = start; i < start + n; i++)
            if (!TensorPrimitives.IsFiniteAll<float>(v.Row(i).Slice(keyValueHead * c, c)))
                return false;
        return true;
    }

    /// <summary>What the product does, but without the keys that a row does not see: their weight of 0 would not keep out an infinite value.</summary>
    private void AddSeenValues(Block block, int row, int start, int n)
    {
        for (var key = 0; key < n; key++)
        {
            var value = v.Row(start + key).Slice(keyValueHead * c, c);
            for (var i = 0; i < _columns; i++)
                if (block.Scores[key * _columns + i] is var weight and not 0)
                    for (var d = 0; d < c; d++)
                        block.Sums[row * _paddedC + d * _columns + i] += weight * value[d];
        }
    }

    /// <summary>queries[c, Columns] = the transpose of the panel's rows, scaled for <see cref="SoftmaxPanel"/>; rows beyond the block are zero.</summary>
    private void PackQueries(Block block, int panel, int firstQuery, int count)
    {
        var scale = 1.44269504f / MathF.Sqrt(c);
        var rows = block.Scores;
        var first = panel * _columns;
        var used = Math.Min(_columns, count * _group - first);
        for (var row = 0; row < used; row++)
            TensorPrimitives.Multiply(HeadOf(q, firstQuery, first + row), scale, new Span<float>(rows + row * c, c));
        new Span<float>(rows + used * c, (_columns - used) * c).Clear();
        Panels.Transpose(rows, c, _columns, c, block.Queries + first * c, _columns);

        new Span<float>(block.Maxima + first, _columns).Fill(float.NegativeInfinity);
        new Span<float>(block.Totals + first, _columns).Clear();
        new Span<float>(block.Sums + first * _paddedC, _columns * _paddedC).Clear();
    }

    private void StoreResult(Block block, int panel, int firstQuery, int count)
    {
        var rows = block.Scores;
        var first = panel * _columns;
        Panels.Transpose(block.Sums + first * _paddedC, _columns, c, _columns, rows, c);
        for (var row = 0; row < Math.Min(_columns, count * _group - first); row++)
            TensorPrimitives.Multiply(new ReadOnlySpan<float>(rows + row * c, c), 1 / block.Totals[first + row], HeadOf(y, firstQuery, first + row));
    }

    /// <summary>The values of row r of a block that begins with the given query.</summary>
    private Span<float> HeadOf(CpuTensor x, int firstQuery, int r) =>
        x.Row(firstQuery + r / _group).Slice((keyValueHead * _group + r % _group) * c, c);

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;

    /// <summary>The working memory of a task.</summary>
    private readonly struct Block
    {
        // All per panel but values, packed for one tile of keys, and scores, which also hold rows on their way to and from a panel.
        public readonly float* Queries, Sums, Maxima, Totals, Values, Scores;
        public readonly int Panels;

        public Block(int panels, int c, int paddedC, int columns)
        {
            Panels = panels;
            var rows = panels * columns;
            Queries = ThreadScratch.Get(rows * (c + paddedC + 2) + Keys * paddedC + columns * Math.Max(Keys, c));
            Sums = Queries + rows * c;
            Maxima = Sums + rows * paddedC;
            Totals = Maxima + rows;
            Values = Totals + rows;
            Scores = Values + Keys * paddedC;
        }
    }
}
