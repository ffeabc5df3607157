using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Score.Benchmarks;

/// <summary>What this machine can do at best, measured: the denominators of every fraction that the benchmarks print.</summary>
/// <param name="PeakOneThread">Floating-point operations a second (a fused multiply-add is two) of one thread, single precision, from registers.</param>
/// <param name="Peak">The same of all threads together.</param>
/// <param name="MemoryRead">Bytes a second that all threads together read from memory.</param>
/// <param name="CacheRead">Bytes a second that one thread reads from a block of 512 KiB, the size of a packed panel.</param>
internal sealed record Ceilings(double PeakOneThread, double Peak, double MemoryRead, double CacheRead)
{
    // Long enough to hide the start of threads, short enough to fall between the other work of a busy machine.
    private const int FmaSteps = 1_000_000;

    private const int CacheBlock = 512 * 1024 / sizeof(float);

    private const int MemoryBlock = 256 * 1024 * 1024 / sizeof(float);

    public static int Threads => Environment.ProcessorCount;

    /// <summary>The best of many short samples of each ceiling; about two seconds.</summary>
    public static Ceilings Measure()
    {
        using var memory = new NativeBlock(MemoryBlock);
        using var cache = new NativeBlock(CacheBlock);
        var best = new Ceilings(0, 0, 0, 0);
        for (var round = 0; round < 40; round++)
            best = new Ceilings(
                Math.Max(best.PeakOneThread, SamplePeak(1)),
                Math.Max(best.Peak, SamplePeak(Threads)),
                Math.Max(best.MemoryRead, round % 4 == 0 ? SampleRead(memory, Threads, repeats: 1) : 0),
                Math.Max(best.CacheRead, SampleRead(cache, 1, repeats: 50)));
        return best;
    }

    /// <summary>One sample of the peak, some milliseconds long: to be taken beside each timing of something else.</summary>
    public static double SamplePeak(int threads)
    {
        var operations = 2.0 * FmaSteps * FusedMultiplyAdds(1) * threads;
        return operations / Seconds(threads, _ => FusedMultiplyAdds(FmaSteps));
    }

    public static void Print(Ceilings ceilings)
    {
        Console.WriteLine($"Processor: {ProcessorName()}, {Threads} threads, vectors of {VectorBits} bits, {RuntimeInformation.FrameworkDescription}");
        Console.WriteLine($"  peak, 1 thread           {ceilings.PeakOneThread / 1e9,8:F1} GFLOP/s");
        Console.WriteLine($"  peak, {Threads} threads          {ceilings.Peak / 1e9,8:F1} GFLOP/s");
        Console.WriteLine($"  memory read, {Threads} threads   {ceilings.MemoryRead / 1e9,8:F1} GB/s");
        Console.WriteLine($"  512 KiB read, 1 thread   {ceilings.CacheRead / 1e9,8:F1} GB/s");
    }

    private static int VectorBits => 8 * (Vector512.IsHardwareAccelerated ? Vector512<byte>.Count : Vector<byte>.Count);

    private static double SampleRead(NativeBlock block, int threads, int repeats)
    {
        var part = block.Length / threads;
        return (double)sizeof(float) * part * threads * repeats / Seconds(threads, thread => Read(block, thread * part, part, repeats));
    }

    private static double Seconds(int threads, Action<int> work)
    {
        var start = Stopwatch.GetTimestamp();
        if (threads == 1)
            work(0);
        else
            Parallel.For(0, threads, work);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Independent chains of multiply-adds, more than the units' latency times their number; returns the multiply-adds of one step.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int FusedMultiplyAdds(int steps)
    {
        if (!Vector512.IsHardwareAccelerated)
            return FusedMultiplyAddsAnyWidth(steps);
        var (x, y) = (Vector512.Create(0.999f), Vector512.Create(0.001f));
        Vector512<float> c0 = x, c1 = x, c2 = x, c3 = x, c4 = x, c5 = x, c6 = x, c7 = x, c8 = x, c9 = x, c10 = x, c11 = x;
        for (var i = 0; i < steps; i++)
        {
            c0 = Vector512.FusedMultiplyAdd(c0, x, y);
            c1 = Vector512.FusedMultiplyAdd(c1, x, y);
            c2 = Vector512.FusedMultiplyAdd(c2, x, y);
            c3 = Vector512.FusedMultiplyAdd(c3, x, y);
            c4 = Vector512.FusedMultiplyAdd(c4, x, y);
            c5 = Vector512.FusedMultiplyAdd(c5, x, y);
            c6 = Vector512.FusedMultiplyAdd(c6, x, y);
            c7 = Vector512.FusedMultiplyAdd(c7, x, y);
            c8 = Vector512.FusedMultiplyAdd(c8, x, y);
            c9 = Vector512.FusedMultiplyAdd(c9, x, y);
            c10 = Vector512.FusedMultiplyAdd(c10, x, y);
            c11 = Vector512.FusedMultiplyAdd(c11, x, y);
        }

        Consume(Vector512.Sum(c0 + c1 + c2 + c3 + c4 + c5 + (c6 + c7 + c8 + c9 + c10 + c11)));
        return 12 * Vector512<float>.Count;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int FusedMultiplyAddsAnyWidth(int steps)
    {
        var (x, y) = (new Vector<float>(0.999f), new Vector<float>(0.001f));
        Vector<float> c0 = x, c1 = x, c2 = x, c3 = x, c4 = x, c5 = x, c6 = x, c7 = x, c8 = x, c9 = x, c10 = x, c11 = x;
        for (var i = 0; i < steps; i++)
        {
            c0 = Vector.MultiplyAddEstimate(c0, x, y);
            c1 = Vector.MultiplyAddEstimate(c1, x, y);
            c2 = Vector.MultiplyAddEstimate(c2, x, y);
            c3 = Vector.MultiplyAddEstimate(c3, x, y);
            c4 = Vector.MultiplyAddEstimate(c4, x, y);
            c5 = Vector.MultiplyAddEstimate(c5, x, y);
            c6 = Vector.MultiplyAddEstimate(c6, x, y);
            c7 = Vector.MultiplyAddEstimate(c7, x, y);
            c8 = Vector.MultiplyAddEstimate(c8, x, y);
            c9 = Vector.MultiplyAddEstimate(c9, x, y);
            c10 = Vector.MultiplyAddEstimate(c10, x, y);
            c11 = Vector.MultiplyAddEstimate(c11, x, y);
        }

        Consume(Vector.Sum(c0 + c1 + c2 + c3 + c4 + c5 + (c6 + c7 + c8 + c9 + c10 + c11)));
        return 12 * Vector<float>.Count;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void Read(NativeBlock block, int start, int length, int repeats)
    {
        Vector<float> s0 = default, s1 = default, s2 = default, s3 = default;
        var step = Vector<float>.Count;
        var end = block.Start + start + length;
        for (var repeat = 0; repeat < repeats; repeat++)
            for (var p = block.Start + start; p < end; p += 4 * step)
            {
                s0 += Vector.Load(p);
                s1 += Vector.Load(p + step);
                s2 += Vector.Load(p + 2 * step);
                s3 += Vector.Load(p + 3 * step);
            }

        Consume(Vector.Sum(s0 + s1 + s2 + s3));
    }

    // Keeps the compiler from dropping the loop whose result this is.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Consume(float _)
    {
    }

    private static string ProcessorName()
    {
        const string file = "/proc/cpuinfo";
        var line = File.Exists(file) ? File.ReadLines(file).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line?.Split(':', 2)[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    /// <summary>Zeroed memory outside the heap, aligned to a cache line; every page is touched by being written.</summary>
    private sealed unsafe class NativeBlock : IDisposable
    {
        public NativeBlock(int length)
        {
            Length = length;
            Start = (float*)NativeMemory.AlignedAlloc((nuint)length * sizeof(float), 64);
            new Span<float>(Start, length).Fill(1);
        }

        public int Length { get; }

        public float* Start { get; }

        public void Dispose() => NativeMemory.AlignedFree(Start);
    }
}
