namespace Microsoft.ML.Score.Kernels.Simd;

/// <summary>
/// Attention by tiles with the softmax kept as a running maximum and a running sum (Milakov and Gimelshein, 2018; Dao et al.,
/// 2022), so memory does not grow with the sequence. One task handles a block of queries of one segment for all query heads of
/// one key/value head; keys come in order, the prefix first, so the result does not depend on the number of threads.
/// </summary>
internal static class TiledAttention
{
    // Rows (queries times heads of a group) of a task: enough to read each tile of keys seldom, and to keep queries and sums in the second-level cache.
    private const int RowBlock = 256;

    // Below this many multiply-adds the tasks run on the calling thread.
    private const long ParallelThreshold = 1 << 21;

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

        // Under causal attention the last queries see most keys: they go first, so that no long task is left to one thread at the end.
        tasks.Reverse();
        var body = new Body(q, k, v, tasks, headDimension, causal, y);
        var count = tasks.Count * (k.Columns / headDimension);
        if (work >= ParallelThreshold && Environment.ProcessorCount > 1)
            ParallelLoop<Body>.Run(count, body);
        else
            for (var i = 0; i < count; i++)
                body.Run(i);
    }

    private readonly record struct Body(
        CpuTensor Q, CpuTensor K, CpuTensor V, List<(AttentionSegment Segment, int First, int Count)> Tasks, int C, bool Causal, CpuTensor Y) : ILoopBody
    {
        public void Run(int index)
        {
            var keyValueHeads = K.Columns / C;
            var (segment, first, count) = Tasks[index / keyValueHeads];
            new AttentionBlock(Q, K, V, C, index % keyValueHeads, Y).Run(segment, first, count, Causal);
        }
    }
}
