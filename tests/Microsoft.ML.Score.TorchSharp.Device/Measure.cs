using System.Diagnostics;
using Microsoft.ML.Score.Kernels;
using TorchSharp;

namespace Microsoft.ML.Score.TorchSharp.Device;

/// <summary>Times work on a backend: by the clock, and in processor time, which the machine's other work does not stretch.</summary>
internal sealed class Measure(ComputeBackend backend, bool isGpu)
{
    public IKernels Kernels { get; } = backend.Kernels;

    public string Backend => backend.Name;

    public bool IsGpu => isGpu;

    /// <summary>The fastest of some runs after one that does not count.</summary>
    public Sample Best(int runs, Action work)
    {
        if (runs > 1)
            Once(work);
        return Enumerable.Range(0, runs).Select(_ => Once(work)).MinBy(sample => sample.Seconds);
    }

    public Sample Once(Action work)
    {
        Synchronize();
        var (start, processor) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        work();
        Synchronize();
        return new Sample(Stopwatch.GetElapsedTime(start).TotalSeconds, (Environment.CpuUsage.TotalTime - processor).TotalSeconds);
    }

    /// <summary>What stands in memory: of a GPU as nvidia-smi tells, else this process's own.</summary>
    public string Memory()
    {
        if (!isGpu)
            return $"{Environment.WorkingSet / 1e6:F0} MB of this process";
        using var query = Process.Start(new ProcessStartInfo("nvidia-smi", "--query-gpu=memory.used --format=csv,noheader") { RedirectStandardOutput = true })!;
        return query.StandardOutput.ReadToEnd().Trim().Split('\n')[0] + " of the card";
    }

    private void Synchronize()
    {
        if (isGpu)
            torch.cuda.synchronize();
    }
}

/// <param name="Seconds">By the clock.</param>
/// <param name="Processor">Processor seconds of this process.</param>
internal readonly record struct Sample(double Seconds, double Processor);
