using System.Globalization;

namespace Microsoft.ML.Score.Testing;

/// <summary>The largest memory of this process while it lives, sampled. On systems without /proc the working set stands for both figures.</summary>
public sealed class MemoryWatch : IDisposable
{
    private const string Status = "/proc/self/status";
    private const string ClearReferences = "/proc/self/clear_refs";
    private const string ClearPeakResident = "5";

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(5);

    private readonly Thread _thread;
    private readonly ManualResetEventSlim _stop = new();

    public MemoryWatch()
    {
        // The system's own record of the peak, VmHWM, misses nothing between two samples; it starts again here.
        if (File.Exists(ClearReferences))
            File.WriteAllText(ClearReferences, ClearPeakResident);
        Sample();
        StartResident = PeakResident;
        _thread = new Thread(SampleUntilStopped) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Bytes in memory at the start.</summary>
    public long StartResident { get; }

    /// <summary>Bytes in memory, pages of mapped files among them.</summary>
    public long PeakResident { get; private set; }

    /// <summary>Bytes in memory that no file backs: what the process itself allocated.</summary>
    public long PeakAnonymous { get; private set; }

    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
        _stop.Dispose();
    }

    private void SampleUntilStopped()
    {
        do
            Sample();
        while (!_stop.Wait(s_interval));
        Sample();
    }

    private void Sample()
    {
        var (resident, anonymous) = (Environment.WorkingSet, Environment.WorkingSet);
        if (File.Exists(Status))
            foreach (var line in File.ReadLines(Status))
                if (line.StartsWith("VmHWM:", StringComparison.Ordinal))
                    resident = Bytes(line);
                else if (line.StartsWith("RssAnon:", StringComparison.Ordinal))
                    anonymous = Bytes(line);
        PeakResident = Math.Max(PeakResident, resident);
        PeakAnonymous = Math.Max(PeakAnonymous, anonymous);
    }

    /// <summary>Of "Name:   123 kB".</summary>
    private static long Bytes(string line) => 1024 * long.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
