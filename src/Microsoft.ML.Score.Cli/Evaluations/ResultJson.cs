using Microsoft.ML.Score.Evaluation;

namespace Score.Cli.Evaluations;

/// <summary>How an evaluation was run.</summary>
/// <param name="Run">What decides its answers, by name.</param>
/// <param name="Seed">Of the bootstrap.</param>
/// <param name="Concurrency">Videos at a time.</param>
internal sealed record EvaluationSettings(IReadOnlyDictionary<string, string> Run, int Seed, int Concurrency);

/// <summary>One benchmark's figures for one system.</summary>
internal sealed record BenchmarkScore(
    string Benchmark, IReadOnlyList<(string Name, Estimate Estimate)> Metrics, IReadOnlyList<(string LengthClass, Estimate Accuracy)> ByLength,
    IReadOnlyList<(string Category, Estimate Accuracy)> ByCategory, int UnreadableAnswers);

/// <summary>One system of an evaluation. Tokens and times are means over benchmarks of the mean in each.</summary>
internal sealed record EvaluationRow(
    BenchmarkSystem System, IReadOnlyList<BenchmarkScore> Scores, Estimate Average, Estimate? Kept, Estimate? ScoreMinusThis, Estimate? CaptionCrossEntropy,
    double Retention, double Tokens, BenchmarkTimes Times, TimeSpan Prefill, TimeSpan Generation)
{
    private const string ScoreName = "SCORE";

    public int UnreadableAnswers => Scores.Sum(score => score.UnreadableAnswers);

    public static EvaluationRow Create(
        BenchmarkSystem system, IReadOnlyList<BenchmarkSystem> systems, (MultipleChoiceBenchmark Benchmark, BenchmarkResult Result)[] benchmarks, BenchmarkAverage average, int seed)
    {
        BenchmarkSystem[] one = [system];
        BenchmarkResult[] results = [.. benchmarks.Select(benchmark => benchmark.Result)];
        var times = results.Select(result => result.VideoTimes(one)).ToList();
        var score = systems.FirstOrDefault(other => other.Compressor?.Name == ScoreName && other.Budget == system.Budget);
        var captioned = results.FirstOrDefault(result => result.Videos.Any(video => video.CaptionCrossEntropy is not null));
        return new EvaluationRow(
            system,
            [.. benchmarks.Select(benchmark => Score(benchmark.Benchmark, benchmark.Result, one, seed))],
            average.Accuracy(one, seed),
            average.Kept(one, [systems[0]], seed),
            score is null || score == system ? null : average.Difference([score], one, seed),
            captioned?.CaptionCrossEntropy(one, seed),
            results.Average(result => result.Retention(one)),
            results.Average(result => result.KeptCount(one)),
            new BenchmarkTimes(Mean(times, time => time.Decoding), Mean(times, time => time.Encoding), Mean(times, time => time.Compression), Mean(times, time => time.Gather)),
            Mean(results, result => result.PrefillTime(one)),
            Mean(results, result => result.GenerationTime(one)));
    }

    /// <summary>How many times faster than with all tokens the first token comes, compression included, as in the paper's table 3.</summary>
    public double SpeedUp(EvaluationRow allTokens) =>
        allTokens.Prefill / (Times.Compression + Times.Gather + Prefill) is var ratio && double.IsFinite(ratio) ? ratio : 1;

    /// <param name="allTokens">The row to compare times with.</param>
    public object ToJson(EvaluationRow allTokens) => new
    {
        name = System.Name,
        retentionRatio = System.TokenCount is null ? System.RetentionRatio : (double?)null,
        tokenCount = System.TokenCount,
        actualRetention = Retention,
        tokens = Tokens,
        accuracy = ToJson(Average),
        keptShareOfAllTokens = ToJson(Kept),
        scoreMinusThis = ToJson(ScoreMinusThis),
        captionCrossEntropy = ToJson(CaptionCrossEntropy),
        unreadableAnswers = UnreadableAnswers,
        benchmarks = Scores.ToDictionary(score => score.Benchmark, score => new
        {
            metrics = score.Metrics.ToDictionary(metric => metric.Name, metric => ToJson(metric.Estimate)),
            accuracyByLength = score.ByLength.ToDictionary(length => length.LengthClass, length => ToJson(length.Accuracy)),
            accuracyByCategory = score.ByCategory.ToDictionary(category => category.Category, category => ToJson(category.Accuracy)),
            unreadableAnswers = score.UnreadableAnswers,
        }),
        measured = new
        {
            decodeMilliseconds = Times.Decoding.TotalMilliseconds,
            encodeMilliseconds = Times.Encoding.TotalMilliseconds,
            compressMilliseconds = Times.Compression.TotalMilliseconds,
            gatherMilliseconds = Times.Gather.TotalMilliseconds,
            prefillMilliseconds = Prefill.TotalMilliseconds,
            generateMilliseconds = Generation.TotalMilliseconds,
            speedUp = SpeedUp(allTokens),
        },
    };

    private static BenchmarkScore Score(MultipleChoiceBenchmark benchmark, BenchmarkResult result, BenchmarkSystem[] system, int seed) => new(
        benchmark.Name,
        [.. benchmark.Metrics.Select(metric => (metric.Name, metric.Of(result, system, seed)))],
        result.AccuracyByLength(system, seed),
        result.AccuracyByCategory(system, seed: seed),
        result.UnreadableAnswers(system));

    private static TimeSpan Mean<T>(IReadOnlyList<T> items, Func<T, TimeSpan> time) => TimeSpan.FromTicks((long)items.Average(item => time(item).Ticks));

    private static object? ToJson(Estimate? estimate) => estimate is null ? null : new
    {
        value = estimate.Value,
        standardError = estimate.StandardError,
        low = estimate.Low,
        high = estimate.High,
        count = estimate.Count,
        clusters = estimate.Clusters,
    };
}
