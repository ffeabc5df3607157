using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Synthetic;

namespace Microsoft.ML.Score.QuickStart;

/// <summary>The trained policy beside the simple ways to choose tokens, on held-out videos.</summary>
internal static class ResultsTable
{
    private const double RetentionRatio = 0.10;

    public static void Print(IVideoLanguageModel model, PolicyNetwork trained, int videosPerLength)
    {
        ITokenCompressor[] compressors =
        [
            CompressionMethod.Score.Create(new CompressionOptions { Policy = trained }),
            CompressionMethod.Untrained.Create(new CompressionOptions { Model = model, Seed = 2 }),
            CompressionMethod.Random.Create(),
            CompressionMethod.Jittered.Create(),
        ];
        BenchmarkSystem[] systems = [BenchmarkSystem.AllTokens, .. compressors.Select(compressor => new BenchmarkSystem(compressor, RetentionRatio))];

        var benchmark = new SyntheticBenchmark(videosPerLength, [VideoLength.Short, VideoLength.Medium]);
        var result = BenchmarkResult.Of(benchmark.Evaluate(model, systems));
        Console.WriteLine($"{result.Benchmarks[0].Questions} questions about {result.Benchmarks[0].Videos} videos that no training saw:");
        Console.WriteLine($"  {"tokens kept",-26}{"accuracy, % (95% interval)",28}{"caption CE",13}{"tokens",9}{"prefill, ms",13}");
        foreach (var (system, row) in systems.Zip(result.Systems))
        {
            var accuracy = row.Benchmarks[0].Metrics[0].Estimate;
            Console.WriteLine(FormattableString.Invariant(
                $"  {system,-26}{$"{accuracy.Value * 100:0.0} ({accuracy.Low * 100:0.0} to {accuracy.High * 100:0.0})",28}{row.CaptionCrossEntropy!.Value,13:0.000}{row.Tokens,9:0}{row.Times.Prefill.TotalMilliseconds,13:0.0}"));
        }
    }
}
