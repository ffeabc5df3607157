using System.Security.Cryptography;
using Microsoft.ML.Score.Datasets;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Video;

namespace Score.Cli.Evaluations;

/// <summary>A benchmark and what tells it from another of its name.</summary>
/// <param name="Benchmark">The benchmark.</param>
/// <param name="Identity">Its content in words, or the hash of its annotations.</param>
internal sealed record BenchmarkSource(MultipleChoiceBenchmark Benchmark, string Identity)
{
    public const string SyntheticName = "synthetic";

    /// <summary>The names on the command line.</summary>
    public static IReadOnlyList<string> Names { get; } = [SyntheticName, .. Benchmarks.Names];

    /// <summary>The test videos of the synthetic world.</summary>
    public static BenchmarkSource Synthetic(int videosPerLength, VideoLength[] lengths) =>
        new(new SyntheticBenchmark(videosPerLength, lengths), $"{videosPerLength} videos of {string.Join(", ", lengths)}".ToLowerInvariant());

    /// <summary>A benchmark of annotations and videos.</summary>
    /// <param name="name">One of <see cref="Benchmarks.Names"/>.</param>
    /// <param name="annotations">A file, or a folder of files.</param>
    /// <param name="videos">The folder of videos.</param>
    /// <param name="prompt">One of <see cref="Benchmarks.Prompts"/>.</param>
    /// <param name="readOptions">How its video files are read.</param>
    public static BenchmarkSource Open(string name, string annotations, string videos, string prompt, VideoReadOptions readOptions)
    {
        var benchmark = Benchmarks.Open(name, annotations, videos, prompt, readOptions);
        return new BenchmarkSource(benchmark, $"{HashOf(benchmark.AnnotationPaths)}, prompt {prompt}");
    }

    /// <summary>The first questions of a benchmark of annotated videos alone.</summary>
    /// <param name="limit">How many; null for all.</param>
    public BenchmarkSource Take(int? limit) => limit is { } most && Benchmark is AnnotatedBenchmark annotated
        ? new(new LimitedBenchmark(Benchmark, annotated.Videos.Select(video => video.Questions.Count), most), $"{Identity}, first {most} questions")
        : this;

    private static string HashOf(IReadOnlyList<string> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files)
            hash.AppendData(File.ReadAllBytes(file));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
