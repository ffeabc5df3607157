using System.Diagnostics;

namespace Microsoft.ML.Score.Benchmarks;

/// <summary>
/// Several ways of doing the same work, timed in turn: every round samples the peak and then each entry once, so that a slow
/// spell of the machine meets them all. The first entry is ours; ratios are taken within a round and their median is printed.
/// </summary>
/// <param name="title">What is computed.</param>
/// <param name="operations">Floating-point operations of it.</param>
internal sealed class Contest(string title, double operations)
{
    private readonly List<(string Name, Action Run, int Rounds)> _entries = [];

    /// <param name="name">What the row is called.</param>
    /// <param name="run">Does the work once, on all threads.</param>
    /// <param name="rounds">Takes part in the first so many rounds only: for what is too slow for all of them.</param>
    public void Add(string name, Action run, int rounds = int.MaxValue) => _entries.Add((name, run, rounds));

    /// <summary>A row for what this machine does not have.</summary>
    public void AddMissing(string name) => _entries.Add((name, () => { }, 0));

    /// <summary>
    /// Runs all rounds and prints a row for each entry: best time, its rate, the fraction of the best peak, and how many times longer than
    /// ours it takes.
    /// </summary>
    public void Run(int rounds)
    {
        var seconds = _entries.ConvertAll(_ => new List<double>());
        var peak = 0.0;
        foreach (var entry in _entries)
            entry.Run();
        // The runtime now compiles anew, in the background, what was called often.
        Thread.Sleep(500);
        for (var round = 0; round < rounds; round++)
        {
            peak = Math.Max(peak, Ceilings.SamplePeak(Ceilings.Threads));
            for (var i = 0; i < _entries.Count; i++)
                if (round < _entries[i].Rounds)
                    seconds[i].Add(Time(_entries[i].Run));
        }

        Console.WriteLine($"{title}  (peak {peak / 1e9:F0} GFLOP/s)");
        Console.WriteLine("                                          best ms   GFLOP/s   of peak   time / ours");
        for (var i = 0; i < _entries.Count; i++)
            Print(_entries[i].Name, seconds[i], seconds[0], peak);
    }

    private void Print(string name, List<double> seconds, List<double> ours, double peak)
    {
        if (seconds.Count == 0)
        {
            Console.WriteLine($"  {name,-36} not installed");
            return;
        }

        var best = seconds.Min();
        var ratios = seconds.Zip(ours, (theirs, own) => theirs / own).Order().ToArray();
        Console.WriteLine($"  {name,-36} {best * 1e3,10:F3} {operations / best / 1e9,9:F1} {operations / best / peak,9:P1} {ratios[ratios.Length / 2],11:F2}x");
    }

    private static double Time(Action run)
    {
        var start = Stopwatch.GetTimestamp();
        run();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
