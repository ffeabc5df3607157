using System.Diagnostics;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Benchmarks;

/// <summary>
/// The compressors on one video of 128 steps of 333 tokens of 3,584 values (610 MB), at 10%: seconds of the clock and of all
/// processors. Steps repeat with noise within scenes of 16, so that the mergers have something to merge.
/// </summary>
internal static class Compressors
{
    private const int Steps = 128;
    private const int StepsOfScene = 16;
    private const int Height = 9;
    private const int Width = 37;
    private const int Dimension = 3584;
    private const double RetentionRatio = 0.1;
    private const int Rounds = 5;

    private static readonly CompressionMethod[] s_methods =
    [
        CompressionMethod.Residual, CompressionMethod.Evs, CompressionMethod.VidCom2, CompressionMethod.DyCoke,
        CompressionMethod.FastVid, CompressionMethod.HoliTom, CompressionMethod.FastVidLlavaVideo,
    ];

    public static void Run()
    {
        var video = Video();
        var read = video.Vectors.Length * sizeof(float) / Ceilings.Measure().MemoryRead;
        Console.WriteLine($"{video.Grid} tokens of {Dimension} values at {RetentionRatio:P0}; reading them from memory takes {read * 1e3:F0} ms");
        Console.WriteLine("                                best s   processor s   memory reads   kept");
        var process = Process.GetCurrentProcess();
        foreach (var compressor in s_methods.Select(method => method.Create()))
        {
            var kept = compressor.Compress(video, RetentionRatio);
            var (best, bestProcessor) = (double.MaxValue, double.MaxValue);
            for (var round = 0; round < Rounds; round++)
            {
                var (start, processor) = (Stopwatch.GetTimestamp(), process.TotalProcessorTime);
                compressor.Compress(video, RetentionRatio);
                best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
                process.Refresh();
                bestProcessor = Math.Min(bestProcessor, (process.TotalProcessorTime - processor).TotalSeconds);
            }

            Console.WriteLine($"  {compressor.Name,-26} {best,10:F2} {bestProcessor,13:F2} {best / read,14:F1} {(double)kept.Count / video.Grid.Count,6:P1}");
        }
    }

    private static VideoTokens Video()
    {
        var random = new Random(1);
        var grid = new TokenGrid(Steps, Height, Width);
        var vectors = new float[grid.Count * Dimension];
        var stepLength = grid.TokensPerStep * Dimension;
        for (var i = 0; i < vectors.Length; i++)
            vectors[i] = i / stepLength % StepsOfScene == 0
                ? random.NextSingle() * 2 - 1
                : vectors[i - stepLength] + 0.2f * (random.NextSingle() - 0.5f);
        var attention = new float[grid.Count];
        for (var i = 0; i < attention.Length; i++)
            attention[i] = random.NextSingle();
        return new VideoTokens(grid, Dimension, vectors) { Statistics = new EncoderStatistics { ReceivedAttention = attention, PooledAttention = attention } };
    }
}
