using System.Globalization;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Models;

namespace Score.Cli.Evaluations;

/// <summary>One run of <c>score eval</c>: a model and systems on benchmarks, with records that it goes on from.</summary>
/// <param name="model">The frozen model.</param>
/// <param name="benchmarks">The benchmarks, at least one.</param>
/// <param name="systems">The systems, all tokens first.</param>
/// <param name="policies">The fingerprint of the policies.</param>
/// <param name="seed">Of the random compressors and the bootstrap.</param>
/// <param name="concurrency">Videos at a time.</param>
internal sealed class Evaluation(
    IVideoLanguageModel model, IReadOnlyList<BenchmarkSource> benchmarks, IReadOnlyList<BenchmarkSystem> systems, string policies, int seed, int concurrency)
{
    /// <param name="recordsPath">Where answers are recorded; null for nowhere.</param>
    /// <param name="report">Told the number of videos done and of all.</param>
    /// <param name="cancellationToken">Stops between questions.</param>
    public EvaluationTable Run(string? recordsPath, Action<int, int> report, CancellationToken cancellationToken)
    {
        if (benchmarks.FirstOrDefault(benchmark => benchmark.Benchmark.Count == 0) is { Benchmark: { } empty })
            throw new FileNotFoundException($"None of the {empty.MissingVideos.Count} videos of {empty.Name} is there ('{empty.MissingVideos[0]}' ...).");
        var run = Describe();
        using var records = recordsPath is null ? null : BenchmarkRecords.Open(recordsPath, run);
        var options = new BenchmarkOptions { Records = records, MaxDegreeOfParallelism = concurrency };
        var total = benchmarks.Sum(benchmark => benchmark.Benchmark.Count);
        var before = 0;
        var results = new List<(MultipleChoiceBenchmark, BenchmarkResult)>();
        foreach (var (benchmark, _) in benchmarks)
        {
            var start = before;
            results.Add((benchmark, benchmark.Evaluate(model, systems, options, new VideoProgress(done => report(start + done, total)), cancellationToken)));
            before += benchmark.Count;
        }

        return new EvaluationTable([.. results], systems, new EvaluationSettings(run, seed, concurrency));
    }

    /// <summary>All that decides the answers.</summary>
    private Dictionary<string, string> Describe() => new()
    {
        ["model"] = model.Info.Fingerprint,
        ["processing"] = model.Info.Processing,
        ["policies"] = policies,
        ["systems"] = string.Join(", ", systems.Select(system => system.Name).Distinct()),
        ["budgets"] = string.Join(", ", systems.Select(system => system.Key[(system.Name.Length + " at ".Length)..]).Distinct()),
        ["seed"] = seed.ToString(CultureInfo.InvariantCulture),
        ["benchmarks"] = string.Join("; ", benchmarks.Select(benchmark => $"{benchmark.Benchmark.Name}: {benchmark.Identity}")),
    };

    /// <summary>Reports at once, on the thread that does the work.</summary>
    private sealed class VideoProgress(Action<int> report) : IProgress<int>
    {
        private readonly Lock _lock = new();

        public void Report(int value)
        {
            lock (_lock)
                report(value);
        }
    }
}
