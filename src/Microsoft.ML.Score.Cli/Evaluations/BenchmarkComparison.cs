using System.Globalization;
using Microsoft.ML.Score.Datasets;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Models;
using Score.Cli.Usage;

namespace Score.Cli.Evaluations;

/// <summary>One run of <c>score eval</c>: a model and systems on benchmarks, with records that it goes on from.</summary>
/// <param name="model">The frozen model.</param>
/// <param name="benchmarks">The benchmarks, at least one.</param>
/// <param name="systems">The systems, all tokens first.</param>
/// <param name="policies">The policies.</param>
/// <param name="backend">What the model computes on, one of <see cref="Backends.Words"/>.</param>
/// <param name="prompt">The form of Qwen3-VL's prompt.</param>
/// <param name="seed">Of the random compressors and the bootstrap.</param>
/// <param name="concurrency">Videos at a time.</param>
/// <param name="command">The command line.</param>
/// <param name="clock">Of the date.</param>
internal sealed class BenchmarkComparison(
    IVideoLanguageModel model, IReadOnlyList<BenchmarkSource> benchmarks, IReadOnlyList<ComparedSystem> systems, EvaluationPolicies policies, string backend, Qwen3VLOptions prompt, int seed,
    int concurrency, string command, TimeProvider clock)
{
    /// <param name="recordsPath">Where answers are recorded; null for nowhere.</param>
    /// <param name="report">Told the number of videos done and of all.</param>
    /// <param name="cancellationToken">Stops between questions.</param>
    public EvaluationDocument Run(string? recordsPath, Action<int, int> report, CancellationToken cancellationToken)
    {
        if (benchmarks.FirstOrDefault(benchmark => benchmark.Benchmark.Count == 0) is { Benchmark: { } empty })
            throw new FileNotFoundException($"None of the {empty.MissingVideos.Count} videos of {empty.Name} is there ('{empty.MissingVideos[0]}' ...).");
        var description = Describe();
        using var records = recordsPath is null ? null : BenchmarkRecords.Open(recordsPath, description);
        var options = new BenchmarkOptions { Records = records, MaxDegreeOfParallelism = concurrency };
        BenchmarkSystem[] runs = [.. systems.SelectMany(system => system.Runs)];
        var total = benchmarks.Sum(benchmark => benchmark.Benchmark.Count);
        var before = 0;
        var results = new List<BenchmarkRun>();
        foreach (var (benchmark, _) in benchmarks)
        {
            var start = before;
            results.Add(benchmark.Evaluate(model, runs, options, new VideoProgress(done => report(start + done, total)), cancellationToken));
            before += benchmark.Count;
        }

        return new EvaluationDocument(BenchmarkResult.Of(results, systems, seed))
        {
            QuestionsNotAsked = [.. benchmarks.Select(benchmark => LeftOut(benchmark.Benchmark))],
            Run = description,
            Concurrency = concurrency,
            ModelSource = model.Info.Source,
            ModelFingerprint = model.Info.Fingerprint,
            Policies = policies.Taken,
            Version = ProgramVersion.Text,
            Command = command,
            Date = clock.GetUtcNow(),
        };
    }

    /// <summary>All that decides the answers.</summary>
    private Dictionary<string, string> Describe()
    {
        var run = new Dictionary<string, string>
        {
            ["model"] = model.Info.Fingerprint,
            ["processing"] = model.Info.Processing,
            ["policies"] = policies.Fingerprint,
            ["systems"] = string.Join(", ", systems.Select(system => system.Name).Distinct()),
            ["budgets"] = string.Join(", ", systems.Select(Budget).Distinct()),
            ["seed"] = seed.ToString(CultureInfo.InvariantCulture),
            ["benchmarks"] = string.Join("; ", benchmarks.Select(benchmark => $"{benchmark.Benchmark.Name}: {benchmark.Identity}")),
        };
        // Records of the default are those of before there was a choice.
        if (backend != Backends.Words[0])
            run["backend"] = backend;
        if (prompt.OuterMarkers)
            run["outer markers"] = "true";
        if (prompt.DropEmptySteps)
            run["drop empty steps"] = "true";
        return run;
    }

    private static string Budget(ComparedSystem system) => string.Create(CultureInfo.InvariantCulture, $"{(system.TokenCount is { } count ? $"{count} tokens" : system.RetentionRatio)}");

    private static string[] LeftOut(MultipleChoiceBenchmark benchmark) =>
        ((benchmark as LimitedBenchmark)?.Inner ?? benchmark) is AnnotatedBenchmark annotated ? [.. annotated.LeftOut.Select(question => $"{question.Where}: {question.Reason}")] : [];

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
