using Microsoft.ML.Score.Evaluation;

namespace Score.Cli.Evaluations;

/// <summary>A comparison as what <c>--json</c> writes. Everything that depends on the clock and on memory is under "measured".</summary>
internal static class ResultJson
{
    public static object Document(ComparisonResult comparison) => new
    {
        run = comparison.Run,
        seed = comparison.Result.Seed,
        benchmarks = comparison.Result.Benchmarks.Zip(comparison.LeftOut, (benchmark, leftOut) => new
        {
            name = benchmark.Name,
            metrics = benchmark.Metrics,
            videos = benchmark.Videos,
            questions = benchmark.Questions,
            chance = benchmark.ChanceLevel,
            missingVideos = benchmark.MissingVideos,
            unreadableVideos = benchmark.UnreadableVideos,
            questionsNotAsked = leftOut,
        }),
        systems = comparison.Result.Systems.Select(System),
        measured = new { concurrency = comparison.Concurrency, peakMemoryBytes = comparison.Result.PeakMemory },
    };

    private static object System(SystemResult system) => new
    {
        name = system.Name,
        retentionRatio = system.RetentionRatio,
        tokenCount = system.TokenCount,
        actualRetention = system.Retention,
        tokens = system.Tokens,
        accuracy = Figure(system.Accuracy),
        keptShareOfAllTokens = Figure(system.KeptShare),
        scoreMinusThis = Figure(system.ReferenceMinusThis),
        captionCrossEntropy = Figure(system.CaptionCrossEntropy),
        unreadableAnswers = system.UnreadableAnswers,
        benchmarks = system.Benchmarks.ToDictionary(score => score.Benchmark, score => new
        {
            metrics = Figures(score.Metrics),
            accuracyByLength = Figures(score.ByLength),
            accuracyByCategory = Figures(score.ByCategory),
            unreadableAnswers = score.UnreadableAnswers,
        }),
        measured = new
        {
            decodeMilliseconds = system.Times.Decoding.TotalMilliseconds,
            encodeMilliseconds = system.Times.Encoding.TotalMilliseconds,
            compressMilliseconds = system.Times.Compression.TotalMilliseconds,
            gatherMilliseconds = system.Times.Gather.TotalMilliseconds,
            prefillMilliseconds = system.Times.Prefill.TotalMilliseconds,
            generateMilliseconds = system.Times.Generation.TotalMilliseconds,
            speedUp = system.SpeedUp,
        },
    };

    private static Dictionary<string, object?> Figures(IReadOnlyList<NamedEstimate> figures) => figures.ToDictionary(figure => figure.Name, figure => Figure(figure.Estimate));

    private static object? Figure(Estimate? estimate) => estimate is null ? null : new
    {
        value = estimate.Value,
        standardError = estimate.StandardError,
        low = estimate.Low,
        high = estimate.High,
        count = estimate.Count,
        clusters = estimate.Clusters,
    };
}
