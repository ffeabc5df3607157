namespace Microsoft.ML.Score.Evaluation;

/// <summary>
/// What a comparison of systems on one or several benchmarks found: plain data, from which tables, JSON and reports are written. Several
/// benchmarks are averaged, each counting as much as another. Shares are of 1, intervals are 95% bootstrap intervals over whole
/// videos, paired where systems are compared. Immutable.
/// </summary>
/// <param name="Seed">Seed of the bootstrap.</param>
/// <param name="Benchmarks">What was asked.</param>
/// <param name="Systems">One row per compared system, in the order in which they were given.</param>
/// <param name="PeakMemory">The most memory that the process held, in bytes.</param>
public sealed record BenchmarkResult(long Seed, IReadOnlyList<BenchmarkSummary> Benchmarks, IReadOnlyList<SystemResult> Systems, long PeakMemory)
{
    /// <summary>The figures of one benchmark, one row per system.</summary>
    /// <param name="run">What was recorded.</param>
    /// <param name="seed">Seed of the bootstrap: the same records and seed give the same figures.</param>
    /// <example>
    /// <code>
    /// var benchmark = new SyntheticBenchmark(videosPerLength: 10);
    /// var run = benchmark.Evaluate(model, [BenchmarkSystem.AllTokens, new(compressor, 0.1)]);
    /// foreach (var system in BenchmarkResult.Of(run).Systems)
    ///     Console.WriteLine($"{system.Name} {system.Accuracy.Value:P1}");
    /// </code>
    /// </example>
    public static BenchmarkResult Of(BenchmarkRun run, long seed = 0)
    {
        ArgumentNullException.ThrowIfNull(run);

        return Of([run], [.. run.Systems.Select(system => new ComparedSystem(system))], seed);
    }

    /// <summary>The figures of several benchmarks, and of systems that are averaged or compared with a reference.</summary>
    /// <param name="runs">What was recorded, one run per benchmark.</param>
    /// <param name="systems">The rows; their systems are part of every run.</param>
    /// <param name="seed">Seed of the bootstrap: the same records and seed give the same figures.</param>
    /// <exception cref="ArgumentException">There is no run or no row, a system is not part of a run, or a benchmark has no question.</exception>
    public static BenchmarkResult Of(IReadOnlyList<BenchmarkRun> runs, IReadOnlyList<ComparedSystem> systems, long seed = 0)
    {
        ArgumentNullException.ThrowIfNull(runs);
        ArgumentNullException.ThrowIfNull(systems);
        if (runs.Count == 0)
            throw new ArgumentException("A result needs at least one run, got none.", nameof(runs));
        if (systems.Count == 0)
            throw new ArgumentException("Name at least one system.", nameof(systems));

        int?[] references = [.. systems.Select(system => ReferenceOf(system, systems))];
        ScoredRun[] scored = [.. runs.Select(run => new ScoredRun(run, systems, references, seed))];
        return new BenchmarkResult(seed, [.. runs.Zip(scored, BenchmarkSummary.Of)], Rows(systems, references, scored, seed), runs.Max(run => run.Videos.Max(video => video.PeakMemory)));
    }

    private static SystemResult[] Rows(IReadOnlyList<ComparedSystem> systems, int?[] references, ScoredRun[] scored, long seed)
    {
        var average = new BenchmarkAverage([.. scored.Select(run => run.Main)], [.. scored.Select(run => run.QuestionCount)], seed);
        var scores = scored.Select(run => run.Scores()).ToList();
        var crossEntropies = scored.Select(run => run.CaptionCrossEntropies()).FirstOrDefault(estimates => estimates is not null);
        var times = systems.Select(system => SystemTimes.Mean([.. scored.Select(run => run.Times(system))])).ToList();
        var allTokens = systems.Index().Where(system => system.Item.Runs is [var only] && only == BenchmarkSystem.AllTokens).Select(system => (int?)system.Index).FirstOrDefault();
        return [.. systems.Select((system, row) => new SystemResult(
            system.Name, system.RetentionRatio, system.TokenCount, system.IsReference, system.Runs.Count,
            scored.Average(run => run.Retention(system)), scored.Average(run => run.KeptCount(system)),
            average.Accuracy(row),
            allTokens is { } all ? average.Share(row, all) : null,
            references[row] is { } reference ? average.Difference(reference, row) : null,
            crossEntropies?[row],
            times[row], allTokens is { } baseline ? times[row].SpeedUp(times[baseline]) : 1,
            [.. scores.Select(benchmark => benchmark[row])])
        {
            MinusAllTokens = allTokens is { } whole && whole != row ? average.Difference(row, whole) : null,
        })];
    }

    private static int? ReferenceOf(ComparedSystem system, IReadOnlyList<ComparedSystem> systems)
    {
        var reference = systems.Index().FirstOrDefault(other => other.Item.IsReference && other.Item.RetentionRatio == system.RetentionRatio && other.Item.TokenCount == system.TokenCount);
        return reference.Item is null || reference.Item == system ? null : reference.Index;
    }
}

/// <summary>What was asked in one benchmark.</summary>
/// <param name="Name">The benchmark's name.</param>
/// <param name="Metrics">The names of its figures, the main one first.</param>
/// <param name="Videos">Number of videos that were evaluated.</param>
/// <param name="Questions">Number of questions, each counted once however many systems answered it.</param>
/// <param name="ChanceLevel">What guessing would score, as a share.</param>
/// <param name="MissingVideos">Videos that were left out because their files are not there.</param>
/// <param name="UnreadableVideos">What was wrong with videos that could not be read, one message per video.</param>
public sealed record BenchmarkSummary(
    string Name, IReadOnlyList<string> Metrics, int Videos, int Questions, double ChanceLevel, IReadOnlyList<string> MissingVideos, IReadOnlyList<string> UnreadableVideos)
{
    internal static BenchmarkSummary Of(BenchmarkRun run, ScoredRun scored) => new(
        run.Name, [.. run.Metrics.Select(metric => metric.Name)], run.Videos.Select(video => video.VideoId).Distinct().Count(), scored.QuestionCount,
        run.ChanceLevel, run.MissingVideos, run.UnreadableVideos);
}

/// <summary>One row of a result. Tokens are means over benchmarks of the mean in each, times of the median in each.</summary>
/// <param name="Name">The row's name.</param>
/// <param name="RetentionRatio">The share of the tokens that was to be kept; null where <paramref name="TokenCount"/> says how many.</param>
/// <param name="TokenCount">The number of tokens that was to be kept of every video; null where it was a share.</param>
/// <param name="IsReference">Whether other rows are compared with this one.</param>
/// <param name="Runs">Systems averaged, question by question.</param>
/// <param name="Retention">The share of the tokens that reached the language model.</param>
/// <param name="Tokens">The number of tokens that reached the language model.</param>
/// <param name="Accuracy">The benchmarks' main figures, averaged.</param>
/// <param name="KeptShare">The accuracy as a share of that with all tokens; null where all tokens were not compared or gave no right answer.</param>
/// <param name="ReferenceMinusThis">The accuracy of the reference of the same budget minus this one's; null for the reference and where there is none.</param>
/// <param name="CaptionCrossEntropy">Mean cross-entropy of captions in nats per token, on the first benchmark that has any; null where none has.</param>
/// <param name="Times">Where the time went.</param>
/// <param name="SpeedUp">How many times faster the prefill is than with all tokens, compression counted to it, as in the paper's table 3: the medians' ratio; 1 where all tokens were not compared.</param>
/// <param name="Benchmarks">The figures of each benchmark, in the result's order.</param>
public sealed record SystemResult(
    string Name, double? RetentionRatio, int? TokenCount, bool IsReference, int Runs, double Retention, double Tokens, Estimate Accuracy, Estimate? KeptShare,
    Estimate? ReferenceMinusThis, Estimate? CaptionCrossEntropy, SystemTimes Times, double SpeedUp, IReadOnlyList<BenchmarkScore> Benchmarks)
{
    /// <summary>The accuracy minus that with all tokens, paired by question; null for all tokens and where they were not compared.</summary>
    public Estimate? MinusAllTokens { get; init; }

    /// <summary>Answers from which no option could be read; they count as wrong.</summary>
    public int UnreadableAnswers => Benchmarks.Sum(benchmark => benchmark.UnreadableAnswers);
}

/// <summary>One benchmark's figures for one system.</summary>
/// <param name="Benchmark">The benchmark's name.</param>
/// <param name="Metrics">The figures that it is reported by, the main one first.</param>
/// <param name="ByLength">Accuracy by length class, in the benchmark's order.</param>
/// <param name="ByCategory">Accuracy by task, in alphabetical order; a question counts in each of its tasks.</param>
/// <param name="ReferenceMinusThis">Accuracy over all questions of the reference minus this one's, paired by question; null for the reference and where there is none.</param>
/// <param name="UnreadableAnswers">Answers from which no option could be read.</param>
public sealed record BenchmarkScore(
    string Benchmark, IReadOnlyList<NamedEstimate> Metrics, IReadOnlyList<NamedEstimate> ByLength, IReadOnlyList<NamedEstimate> ByCategory, Estimate? ReferenceMinusThis, int UnreadableAnswers);

/// <summary>The estimate of a metric, a length class or a category.</summary>
/// <param name="Name">Which.</param>
/// <param name="Estimate">The estimate.</param>
public readonly record struct NamedEstimate(string Name, Estimate Estimate);

/// <summary>Where the time went: the first four are medians over videos, the others over questions.</summary>
/// <param name="Decoding">Waiting for frames.</param>
/// <param name="Encoding">Resizing, normalising and the vision encoder.</param>
/// <param name="Compression">Choosing tokens, or merging them.</param>
/// <param name="Gather">Copying the chosen tokens.</param>
/// <param name="Prefill">From the question to the end of the prefill, before a token of the answer is chosen.</param>
/// <param name="Generation">The answer after it.</param>
public sealed record SystemTimes(TimeSpan Decoding, TimeSpan Encoding, TimeSpan Compression, TimeSpan Gather, TimeSpan Prefill, TimeSpan Generation)
{
    /// <summary>Benchmarks averaged, each counting as much as another.</summary>
    internal static SystemTimes Mean(IReadOnlyList<SystemTimes> times) => new(
        Mean(times, time => time.Decoding), Mean(times, time => time.Encoding), Mean(times, time => time.Compression),
        Mean(times, time => time.Gather), Mean(times, time => time.Prefill), Mean(times, time => time.Generation));

    /// <summary>The middle one, or the mean of the two in the middle.</summary>
    internal static TimeSpan Median<T>(IReadOnlyList<T> items, Func<T, TimeSpan> time)
    {
        TimeSpan[] sorted = [.. items.Select(time).Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static TimeSpan Mean(IReadOnlyList<SystemTimes> times, Func<SystemTimes, TimeSpan> time) => TimeSpan.FromTicks((long)times.Average(item => time(item).Ticks));

    internal double SpeedUp(SystemTimes allTokens) => allTokens.Prefill / (Compression + Gather + Prefill) is var ratio && double.IsFinite(ratio) ? ratio : 1;
}
