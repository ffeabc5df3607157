namespace Microsoft.ML.Score.Numerics;

/// <summary>
/// Attention by tiles with the softmax kept as a running maximum and a running sum (Milakov and Gimelshein, 2018; Dao et al.,
/// 2022), so memory does not grow with the sequence. One task handles a block of queries of one segment for all query heads of
/// one key/value head; keys come in order, the prefix first, so the result does not depend on the number of threads.
/// </summary>
internal static class TiledAttention
{
    // Rows (queries times heads of a group) of a task: enough to pay for packing the keys again in each.
    private const int RowBlock = 192;

    // Below this many multiply-adds the tasks run on the calling thread.
    private const long ParallelThreshold = 1 << 20;

    public static void Run(CpuTensor q, CpuTensor k, CpuTensor v, ReadOnlySpan<AttentionSegment> segments, int headDimension, bool causal, CpuTensor y)
    {
        var queries = Math.Max(1, RowBlock * k.Columns / q.Columns);
        var tasks = new List<(AttentionSegment Segment, int First, int Count)>(segments.Length);
        long work = 0;
        foreach (var segment in segments)
        {
            work += (long)segment.QueryCount * (segment.PrefixCount + segment.KeyCount) * q.Columns;
            for (var first = 0; first < segment.QueryCount; first += queries)
                tasks.Add((segment, first, Math.Min(queries, segment.QueryCount - first)));
        }

        var keyValueHeads = k.Columns / headDimension;
        if (work < ParallelThreshold || Environment.ProcessorCount == 1)
        {
            for (var i = 0; i < tasks.Count; i++)
                for (var head = 0; head < keyValueHeads; head++)
                    RunTask(i, head);
            return;
        }

        Parallel.For(0, tasks.Count * keyValueHeads, i => RunTask(i / keyValueHeads, i % keyValueHeads));

        void RunTask(int i, int head)
        {
            var (segment, first, count) = tasks[i];
            new AttentionBlock(q, k, v, headDimension, head, y).Run(segment, first, count, causal);
        }
    }
}
