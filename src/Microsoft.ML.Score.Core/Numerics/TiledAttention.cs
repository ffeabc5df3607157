using System.Buffers;
using System.Numerics.Tensors;

namespace Microsoft.ML.Score.Numerics;

/// <summary>
/// Attention by tiles with the softmax kept as a running maximum and a running sum (Milakov and Gimelshein, 2018; Dao et al.,
/// 2022), so memory does not grow with the sequence. One task handles a block of queries of one segment for all query heads of
/// one key/value head; keys come in order, the prefix first, so the result does not depend on the number of threads.
/// </summary>
internal static class TiledAttention
{
    private const int QueryBlock = 64;
    private const int KeyBlock = 64;

    // Below this many multiply-adds the tasks run on the calling thread.
    private const long ParallelThreshold = 1 << 20;

    public static void Run(CpuTensor q, CpuTensor k, CpuTensor v, ReadOnlySpan<AttentionSegment> segments, int headDimension, bool causal, CpuTensor y)
    {
        var tasks = new List<(AttentionSegment Segment, int First, int Count)>();
        long work = 0;
        // A block holds the rows of all query heads that share the key/value head.
        var block = Math.Max(1, QueryBlock * k.Columns / q.Columns);
        foreach (var segment in segments)
        {
            work += (long)segment.QueryCount * (segment.PrefixCount + segment.KeyCount) * q.Columns;
            for (var first = 0; first < segment.QueryCount; first += block)
                tasks.Add((segment, first, Math.Min(block, segment.QueryCount - first)));
        }

        var keyValueHeads = k.Columns / headDimension;
        if (work < ParallelThreshold || Environment.ProcessorCount == 1)
            for (var i = 0; i < tasks.Count * keyValueHeads; i++)
                RunTask(i);
        else
            Parallel.For(0, tasks.Count * keyValueHeads, RunTask);

        void RunTask(int i)
        {
            var (segment, first, count) = tasks[i / keyValueHeads];
            new Block(q, k, v, headDimension, i % keyValueHeads, y).Run(segment, first, count, causal);
        }
    }

    /// <summary>The queries of one task. Dimension letters: r rows (queries times heads of the group, query-major), c values a head.</summary>
    private readonly ref struct Block(CpuTensor q, CpuTensor k, CpuTensor v, int c, int keyValueHead, CpuTensor y)
    {
        private readonly int _group = q.Columns / k.Columns;

        public void Run(AttentionSegment segment, int first, int count, bool causal)
        {
            var r = count * _group;
            var buffer = ArrayPool<float>.Shared.Rent(r * (2 * c + KeyBlock + 2) + 2 * c * KeyBlock);
            var rest = buffer.AsSpan();
            var queries = Take(ref rest, r * c);
            var sums = Take(ref rest, r * c);
            var scores = Take(ref rest, r * KeyBlock);
            var maxima = Take(ref rest, r);
            var totals = Take(ref rest, r);
            var keys = Take(ref rest, c * KeyBlock);
            var values = Take(ref rest, c * KeyBlock);
            sums.Clear();
            maxima.Fill(float.NegativeInfinity);
            totals.Clear();

            for (var i = 0; i < count; i++)
                TensorPrimitives.Multiply(HeadsOf(q, segment.QueryStart + first + i), 1 / MathF.Sqrt(c), queries.Slice(i * _group * c, _group * c));

            // Query i of the block sees the own keys before visible + i.
            var visible = causal ? segment.KeyCount - segment.QueryCount + first + 1 : segment.KeyCount;
            var last = causal ? visible + count - 1 : visible;
            for (var start = 0; start < segment.PrefixCount; start += KeyBlock)
                AddKeys(segment.PrefixStart + start, Math.Min(KeyBlock, segment.PrefixCount - start), int.MaxValue / 2, queries, keys, values, scores, maxima, totals, sums);
            for (var start = 0; start < last; start += KeyBlock)
                AddKeys(segment.KeyStart + start, Math.Min(KeyBlock, last - start), causal ? visible - start : int.MaxValue / 2, queries, keys, values, scores, maxima, totals, sums);

            for (var row = 0; row < r; row++)
                TensorPrimitives.Divide(sums.Slice(row * c, c), totals[row], sums.Slice(row * c, c));
            for (var i = 0; i < count; i++)
                sums.Slice(i * _group * c, _group * c).CopyTo(HeadsOf(y, segment.QueryStart + first + i));
            ArrayPool<float>.Shared.Return(buffer);
        }

        /// <summary>Brings n keys into the running softmax; query i of the block sees the first <paramref name="visible"/> + i of them.</summary>
        private void AddKeys(
            int start, int n, int visible, ReadOnlySpan<float> queries, Span<float> keys, Span<float> values,
            Span<float> scores, Span<float> maxima, Span<float> totals, Span<float> sums)
        {
            var r = maxima.Length;
            for (var j = 0; j < n; j++)
            {
                var key = k.Row(start + j).Slice(keyValueHead * c, c);
                for (var d = 0; d < c; d++)
                    keys[d * n + j] = key[d];
                v.Row(start + j).Slice(keyValueHead * c, c).CopyTo(values.Slice(j * c, c));
            }

            MatrixProduct.Multiply(queries, keys, scores, r, n, c);
            for (var row = 0; row < r; row++)
            {
                var all = scores.Slice(row * n, n);
                var seen = Math.Clamp(visible + row / _group, 0, n);
                var rowScores = all[..seen];
                all[seen..].Clear();
                if (seen == 0)
                    continue;
                var largest = Math.Max(maxima[row], TensorPrimitives.Max<float>(rowScores));
                TensorPrimitives.Subtract(rowScores, largest, rowScores);
                TensorPrimitives.Exp<float>(rowScores, rowScores);
                if (largest != maxima[row])
                {
                    var shrink = MathF.Exp(maxima[row] - largest);
                    totals[row] *= shrink;
                    TensorPrimitives.Multiply(sums.Slice(row * c, c), shrink, sums.Slice(row * c, c));
                    maxima[row] = largest;
                }

                totals[row] += TensorPrimitives.Sum<float>(rowScores);
            }

            MatrixProduct.Multiply(scores, values, sums, r, c, n, accumulate: true);
        }

        private Span<float> HeadsOf(CpuTensor x, int row) => x.Row(row).Slice(keyValueHead * _group * c, _group * c);
    }

    private static Span<float> Take(ref Span<float> rest, int length)
    {
        var part = rest[..length];
        rest = rest[length..];
        return part;
    }
}
