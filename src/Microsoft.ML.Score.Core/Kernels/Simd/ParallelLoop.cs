using System.Runtime.ExceptionServices;

namespace Microsoft.ML.Score.Kernels.Simd;

/// <summary>
/// A loop whose indices are handed to the calling thread and to pool threads in ascending order. Unlike Parallel.For it
/// allocates nothing once a thread has run one, since kernels are called thousands of times a second. The caller never waits
/// for a pool thread to start, so it may itself be one and loops may be nested.
/// </summary>
internal sealed class ParallelLoop<TBody> : IThreadPoolWorkItem
    where TBody : struct, ILoopBody
{
    // Iterations that the caller waits for by spinning rather than sleeping, about the time that it takes to wake up.
    private const int SpinIterations = 2000;

    [ThreadStatic]
    private static ParallelLoop<TBody>? t_idle;

    private readonly ManualResetEventSlim _done = new(false, SpinIterations);
    private TBody _body;
    private Exception? _failure;
    private int _count;

    // Indices not yet taken. Setting it opens the loop: a helper that arrives late finds nothing left, or helps with the next run.
    private int _left;

    private int _unfinished;

    // Helpers asked for that have not come yet. On a busy machine they may come many runs later; asking again would pile them up.
    private int _awaited;

    /// <summary>Runs the body for the indices [0, count). The first exception of a body is rethrown once all are through.</summary>
    public static void Run(int count, in TBody body)
    {
        if (count <= 0)
            return;
        var loop = t_idle ?? new ParallelLoop<TBody>();
        t_idle = null;
        try
        {
            loop.RunAll(count, body);
        }
        finally
        {
            t_idle = loop;
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        Interlocked.Decrement(ref _awaited);
        Work();
    }

    private void RunAll(int count, in TBody body)
    {
        _body = body;
        _count = count;
        _unfinished = count;
        _done.Reset();
        Volatile.Write(ref _left, count);
        for (var helpers = Math.Min(count, Environment.ProcessorCount) - 1; Volatile.Read(ref _awaited) < helpers;)
        {
            Interlocked.Increment(ref _awaited);
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        Work();
        // The signal of the run before may come late, hence the check.
        while (Volatile.Read(ref _unfinished) > 0)
        {
            _done.Wait();
            if (Volatile.Read(ref _unfinished) > 0)
                _done.Reset();
        }

        _body = default;
        if (Interlocked.Exchange(ref _failure, null) is { } failure)
            ExceptionDispatchInfo.Throw(failure);
    }

    private void Work()
    {
        for (var left = Interlocked.Decrement(ref _left); left >= 0; left = Interlocked.Decrement(ref _left))
        {
            try
            {
                _body.Run(_count - 1 - left);
            }
            catch (Exception failure)
            {
                Interlocked.CompareExchange(ref _failure, failure, null);
            }

            if (Interlocked.Decrement(ref _unfinished) == 0)
                _done.Set();
        }
    }
}
