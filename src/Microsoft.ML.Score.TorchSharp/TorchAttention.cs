using Microsoft.ML.Score.Kernels;
using TorchSharp;
using static TorchSharp.torch.nn.functional;

namespace Microsoft.ML.Score.TorchSharp;

/// <summary>
/// Attention within segments by torch's fused kernel, which takes [batch, heads, rows, head dimension] and, where it is causal, begins its
/// mask at the first key. Dimension letters: n queries, m keys, g key/value heads, s query heads that share one, c values a head.
/// </summary>
internal static class TorchAttention
{
    // Elements of an explicit mask: a block of queries where they stand far behind their first key.
    private const long MaskLimit = 1 << 24;

    /// <summary>As <see cref="IKernels.Attention"/>, of tensors of one type.</summary>
    public static torch.Tensor Run(torch.Tensor q, torch.Tensor k, torch.Tensor v, AttentionSegment[] segments, int headDimension, bool causal)
    {
        var y = torch.empty_like(q);
        var ungrouped = q.shape[1] == k.shape[1];
        foreach (var alike in segments.Where(segment => segment.QueryCount > 0).GroupBy(Batch))
            if (alike.Key.PrefixCount == 0 && ungrouped && alike.Key.QueryCount == alike.Key.KeyCount)
                RunBatch(q, k, v, [.. alike], headDimension, causal, y);
            else
                foreach (var segment in alike)
                    y.narrow(0, segment.QueryStart, segment.QueryCount).copy_(Attend(q, k, v, segment, headDimension, causal));
        return y;
    }

    /// <summary>Segments that go into one call: those of one size, wherever they stand.</summary>
    private static AttentionSegment Batch(AttentionSegment segment) => segment with { QueryStart = 0, KeyStart = 0 };

    /// <summary>Segments of one size whose queries are all their keys, without grouped heads: one call.</summary>
    private static void RunBatch(torch.Tensor q, torch.Tensor k, torch.Tensor v, AttentionSegment[] segments, int headDimension, bool causal, torch.Tensor y)
    {
        var size = segments[0].QueryCount;
        var queries = new RowSet(Array.ConvertAll(segments, segment => segment.QueryStart), size, q.device);
        var keys = new RowSet(Array.ConvertAll(segments, segment => segment.KeyStart), size, q.device);
        using var attended = scaled_dot_product_attention(Heads(queries.Of(q)), Heads(keys.Of(k)), Heads(keys.Of(v)), is_casual: causal);
        queries.Write(attended.transpose(1, 2).reshape(-1, q.shape[1]), y);

        torch.Tensor Heads(torch.Tensor x) => x.view(segments.Length, size, -1, headDimension).transpose(1, 2);
    }

    /// <summary>One segment: [n, g*s*c].</summary>
    private static torch.Tensor Attend(torch.Tensor q, torch.Tensor k, torch.Tensor v, AttentionSegment segment, int headDimension, bool causal)
    {
        var (n, groups) = (segment.QueryCount, k.shape[1] / headDimension);
        var sharing = q.shape[1] / k.shape[1];
        var queries = q.narrow(0, segment.QueryStart, n);
        var (keys, values) = (Shared(k), Shared(v));
        var m = segment.PrefixCount + segment.KeyCount;
        var before = m - n; // keys that the first query sees beside its own

        if (!causal || n == 1)
            return Rows(scaled_dot_product_attention(Grouped(queries), keys, values));
        if (before <= n)
        {
            // Queries that nobody asks for before the others, so that torch's mask begins where ours does: less work than a mask.
            var filled = before == 0 ? queries : torch.cat([torch.zeros(before, q.shape[1], q.dtype, q.device), queries]);
            return Rows(scaled_dot_product_attention(Grouped(filled), keys, values, is_casual: true).narrow(2, before, n));
        }

        var y = torch.empty_like(queries);
        var block = (int)Math.Clamp(MaskLimit / m, 1, n);
        for (var start = 0; start < n; start += block)
        {
            using var scope = torch.NewDisposeScope();
            var count = Math.Min(block, n - start);
            var seen = before + start + count;
            var mask = torch.ones(count, seen, torch.ScalarType.Bool, q.device).tril(before + start);
            var attended = scaled_dot_product_attention(
                Grouped(queries.narrow(0, start, count)), keys.narrow(2, 0, seen), values.narrow(2, 0, seen), mask);
            y.narrow(0, start, count).copy_(Rows(attended));
        }

        return y;

        torch.Tensor Grouped(torch.Tensor x) => x.view(-1, groups, sharing, headDimension).permute(1, 2, 0, 3);

        // Heads that share a key read the same memory.
        torch.Tensor Shared(torch.Tensor x) =>
            KeyRows(x, segment).view(-1, groups, 1, headDimension).permute(1, 2, 0, 3).expand(groups, sharing, -1, -1);

        torch.Tensor Rows(torch.Tensor x) => x.permute(2, 0, 1, 3).reshape(-1, q.shape[1]);
    }

    private static torch.Tensor KeyRows(torch.Tensor x, AttentionSegment segment)
    {
        if (segment.PrefixCount == 0)
            return x.narrow(0, segment.KeyStart, segment.KeyCount);
        if (segment.PrefixStart + segment.PrefixCount == segment.KeyStart)
            return x.narrow(0, segment.PrefixStart, segment.PrefixCount + segment.KeyCount);
        return torch.cat([x.narrow(0, segment.PrefixStart, segment.PrefixCount), x.narrow(0, segment.KeyStart, segment.KeyCount)]);
    }

    /// <summary>Runs of equal length: one range where they follow each other, picked by index otherwise.</summary>
    private sealed class RowSet(int[] starts, int size, torch.Device device)
    {
        private readonly torch.Tensor? _index = Enumerable.Range(0, starts.Length).All(i => starts[i] == starts[0] + i * size)
            ? null
            : torch.tensor(starts.SelectMany(start => Enumerable.Range(start, size)).Select(row => (long)row).ToArray(), device: device);

        public torch.Tensor Of(torch.Tensor x) => _index is null ? x.narrow(0, starts[0], starts.Length * size) : x.index_select(0, _index);

        public void Write(torch.Tensor rows, torch.Tensor destination)
        {
            if (_index is null)
                destination.narrow(0, starts[0], starts.Length * size).copy_(rows);
            else
                destination.index_copy_(0, _index, rows);
        }
    }
}
