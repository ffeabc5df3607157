using System.Diagnostics;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Benchmarks;

/// <summary>
/// The compressor beside the ceiling of its work: policy and top-k over a long video of a 7B model, from memory and from a mapped
/// feature file. The ceiling is the longer of reading the features once and of the multiply-adds at 75 % of the peak.
/// </summary>
internal static class PolicyScores
{
    private const int Steps = 128, Height = 9, Width = 37, Dimension = 3584, HiddenWidth = 64;
    private const int Rounds = 15;
    private const double Operations = 2.0 * Steps * Height * Width * 2 * Dimension * HiddenWidth;

    public static void Run()
    {
        var policy = PolicyNetwork.Initialize(Dimension, HiddenWidth);
        var grid = new TokenGrid(Steps, Height, Width);
        var video = new VideoTokens(grid, Dimension, RandomValues(grid.Count * Dimension));
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid()}.safetensors");
        try
        {
            FeatureFile.Write(path, video, TensorType.BF16);
            using var file = MappedTokens.Open(path);
            Entry[] entries =
            [
                new("f32 in memory", video), new("bf16 in memory", new StoredRows(video, TensorType.BF16)), new("f16 in memory", new StoredRows(video, TensorType.F16)),
                new("bf16 in a mapped file", file),
            ];
            Time(policy, entries);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void Time(PolicyNetwork policy, Entry[] entries)
    {
        var memoryRead = Ceilings.Measure().MemoryRead;
        var peak = 0.0;
        for (var round = 0; round < Rounds; round++)
        {
            peak = Math.Max(peak, Ceilings.SamplePeak(Ceilings.Threads));
            foreach (var entry in entries)
            {
                var start = Stopwatch.GetTimestamp();
                var logits = new float[entry.Rows.Grid.Count];
                PolicyForward.Run(policy, entry.Rows, logits);
                TopK.Select(logits, TopK.RetainedCount(0.1, logits.Length));
                entry.Best = Math.Min(entry.Best, Stopwatch.GetElapsedTime(start).TotalSeconds);
            }
        }

        Console.WriteLine($"policy and top-k, {Steps * Height * Width} tokens of {Dimension} values, hidden width {HiddenWidth}, {Ceilings.Threads} threads  (peak {peak / 1e9:F0} GFLOP/s, memory {memoryRead / 1e9:F1} GB/s)");
        Console.WriteLine("                                          best ms   GFLOP/s   ceiling ms   time / ceiling");
        foreach (var entry in entries)
        {
            var bytes = (double)entry.Rows.Grid.Count * Dimension * entry.Rows.Type.Size();
            var ceiling = Math.Max(bytes / memoryRead, Operations / (0.75 * peak));
            Console.WriteLine($"  {entry.Name,-36} {entry.Best * 1e3,10:F1} {Operations / entry.Best / 1e9,9:F0} {ceiling * 1e3,12:F1} {entry.Best / ceiling,15:F2}x");
        }
    }

    private static float[] RandomValues(int count)
    {
        var random = new Random(1);
        var values = new float[count];
        foreach (ref var value in values.AsSpan())
            value = random.NextSingle() * 2 - 1;
        return values;
    }

    private sealed class Entry(string name, ITokenRows rows)
    {
        public string Name { get; } = name;

        public ITokenRows Rows { get; } = rows;

        public double Best { get; set; } = double.MaxValue;
    }

    private sealed class StoredRows(VideoTokens video, TensorType type) : ITokenRows
    {
        private readonly byte[] _stored = StoredValues.Narrow(type, video.Vectors.Span);

        public TokenGrid Grid { get; } = video.Grid;

        public int Dimension { get; } = video.Dimension;

        public TensorType Type { get; } = type;

        public ReadOnlySpan<byte> Rows(int first, int count) => _stored.AsSpan(first * Dimension * Type.Size(), count * Dimension * Type.Size());
    }
}
