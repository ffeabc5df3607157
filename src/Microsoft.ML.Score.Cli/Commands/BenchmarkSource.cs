using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Synthetic;

namespace Microsoft.ML.Score.Cli.Commands;

/// <summary>A benchmark and what tells it from another of its name.</summary>
/// <param name="Benchmark">The benchmark.</param>
/// <param name="Identity">Its content in words, or the hash of its file.</param>
internal sealed record BenchmarkSource(MultipleChoiceBenchmark Benchmark, string Identity)
{
    /// <summary>The test videos of the synthetic world.</summary>
    public static BenchmarkSource Synthetic(int videosPerLength, VideoLength[] lengths) =>
        new(new SyntheticBenchmark(videosPerLength, lengths), $"{videosPerLength} videos of {string.Join(", ", lengths)}".ToLowerInvariant());
}
