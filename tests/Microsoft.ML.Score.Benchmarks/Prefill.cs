using System.Diagnostics;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Models.Layers;
using Microsoft.ML.Score.Models.Qwen2;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Benchmarks;

/// <summary>
/// Table 3 of the paper in shape: the first token of a small Qwen2.5-VL language model of random bf16 weights after 91 text tokens
/// and as many visual tokens as the paper has on average at each retention ratio. Its model is the 7B on a GPU; ours is smaller and
/// on the CPU, so what compares is the course, not the figures. The memory that the longest prefill takes is held to its limit.
/// </summary>
internal sealed class Prefill : IDisposable
{
    private const int AllTokens = 42_566, TextTokens = 91;

    // A grid that holds all tokens: 128 steps of 333 tokens, 58 more than the mean that the paper gives.
    private const int Steps = 128, Height = 9, Width = 37;

    private const double MostBytesBeside = 200e6;

    private readonly IKernels _kernels = ComputeBackend.Simd.Kernels;
    private readonly Qwen2Config _config;
    private readonly string _folder = Directory.CreateTempSubdirectory("score-prefill").FullName;
    private readonly Checkpoint _checkpoint;
    private readonly ModelWeights _weights;
    private readonly KeptTokenDecoder _decoder;
    private readonly VideoTokens _video;
    private readonly VideoPrompt _prompt;

    private Prefill(int layers)
    {
        _config = new Qwen2Config
        {
            HiddenSize = 896,
            IntermediateSize = 4864,
            NumHiddenLayers = layers,
            NumAttentionHeads = 14,
            NumKeyValueHeads = 2,
            VocabSize = 4096,
            RmsNormEps = 1e-6f,
            RopeTheta = 1e6,
            TieWordEmbeddings = true,
        };
        var tensors = new ExpectedTensors();
        _config.AddTensors(tensors);
        RandomShards.Write(_folder, tensors, shards: 1, seed: 1);
        File.WriteAllText(Path.Combine(_folder, "config.json"), "{}");
        _checkpoint = Checkpoint.Open(CheckpointFiles.FromFolder(_folder));
        _weights = new ModelWeights(_checkpoint, tensors, _kernels);
        _decoder = new KeptTokenDecoder(new Qwen2LanguageModel(_config, _weights, _kernels), _kernels);
        _video = RandomVideo();
        var visualRows = Enumerable.Range(TextTokens / 2, _video.Grid.Count).ToArray();
        var length = _video.Grid.Count + TextTokens;
        _prompt = new VideoPrompt([.. Enumerable.Range(0, length).Select(row => row % _config.VocabSize)], visualRows, RotaryTable.Sequential(_kernels, _config.RopeTheta, _config.HeadDim, length + 1));
    }

    /// <param name="layers">Decoder layers. Of the last one only keys and values are computed for the rows before the last row.</param>
    public static void Run(int layers)
    {
        using var prefill = new Prefill(layers);
        prefill.Measure();
    }

    public void Dispose()
    {
        _prompt.Dispose();
        _weights.Dispose();
        _checkpoint.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Measure()
    {
        var ceilings = Ceilings.Measure();
        Ceilings.Print(ceilings);
        Console.WriteLine($"Prefill of {_config.NumHiddenLayers} layers, hidden {_config.HiddenSize}, MLP {_config.IntermediateSize}, {TextTokens} text tokens");
        Console.WriteLine("of peak: by the clock, and by processor time, which the machine's other work does not stretch");
        Console.WriteLine("  visual tokens    prefill s     GFLOP   of peak   by CPU    faster   by FLOP   compressor s   of prefill");
        // The shortest first brings everything into memory; its time does not count.
        Time(FirstTokens(512));
        // What writing the weights left behind is none of the prefill's.
        GC.Collect();
        var memory = new MemoryWatch();
        Sample full;
        using (memory)
            full = Time(FirstTokens(AllTokens));
        Print(AllTokens, full, full, ceilings, compressor: null);
        PrintMemory(memory);

        var policy = PolicyNetwork.Initialize(_config.HiddenSize);
        foreach (var tokens in (int[])[17_117, 10_733, 4_348])
        {
            var start = Stopwatch.GetTimestamp();
            var kept = KeptTokens.Gather(_video, TopK.Select(policy.Logits(_video), tokens));
            var compressor = Stopwatch.GetElapsedTime(start).TotalSeconds;
            Print(tokens, Time(new KeptVisuals(kept.Positions, kept.Vectors)), full, ceilings, compressor);
        }
    }

    private KeptVisuals FirstTokens(int tokens) => new(Enumerable.Range(0, tokens).ToArray(), _video.Vectors[..(tokens * _video.Dimension)]);

    private Sample Time(KeptVisuals kept)
    {
        var (start, processor) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        foreach (var _ in _decoder.Decode(_prompt, kept, new GenerationOptions { MaxNewTokens = 1 }))
        {
        }

        return new Sample(Stopwatch.GetElapsedTime(start).TotalSeconds, (Environment.CpuUsage.TotalTime - processor).TotalSeconds, Operations(kept.Indices.Length + TextTokens));
    }

    /// <summary>
    /// Floating-point operations that are done: every row in all layers but the last, where only keys and values of the rows before the
    /// last one are asked for.
    /// </summary>
    private double Operations(double n)
    {
        double d = _config.HiddenSize, keyValue = _config.KeyValueSize, i = _config.IntermediateSize;
        var rowProducts = 2 * (2 * d * d + 3 * d * i);
        var keysAndValues = 2 * n * 2 * d * keyValue;
        var whole = n * rowProducts + keysAndValues + 2 * n * (n + 1) * d;
        return (_config.NumHiddenLayers - 1) * whole + rowProducts + keysAndValues + 4 * n * d;
    }

    private static void Print(int tokens, Sample sample, Sample full, Ceilings ceilings, double? compressor) =>
        Console.WriteLine(
            $"  {tokens,13} {sample.Seconds,12:F2} {sample.Operations / 1e9,9:F0} {sample.Operations / sample.Seconds / ceilings.Peak,9:P1} "
            + $"{sample.Operations / sample.ProcessorSeconds / ceilings.PeakOneThread,8:P1} {full.Seconds / sample.Seconds,8:F1}x {full.Operations / sample.Operations,8:F1}x "
            + (compressor is { } seconds ? $"{seconds,14:F3} {seconds / sample.Seconds,12:P1}" : ""));

    private void PrintMemory(MemoryWatch memory)
    {
        long n = AllTokens + TextTokens;
        var cache = KeyValueCache.Bytes(_config, (int)n + 1);
        var hidden = n * _config.HiddenSize * sizeof(float);
        var intermediate = n * _config.IntermediateSize * sizeof(float);
        var growth = memory.PeakResident - memory.StartResident;
        var beside = growth - cache - hidden;
        Console.WriteLine($"  peak memory {memory.PeakResident / 1e6:F0} MB, {growth / 1e6:F0} MB above that of the loaded model and the video's tokens");
        Console.WriteLine($"  = keys and values {cache / 1e6:F0} + hidden states [n, hidden] {hidden / 1e6:F0} + {beside / 1e6:F0} MB; limit {MostBytesBeside / 1e6:F0} MB beside one [n, intermediate] of {intermediate / 1e6:F0} MB, which is never made whole: "
            + (beside <= MostBytesBeside ? "within, even without it" : beside - intermediate <= MostBytesBeside ? "within" : "BEYOND"));
    }

    private VideoTokens RandomVideo()
    {
        var random = new Random(2);
        var grid = new TokenGrid(Steps, Height, Width);
        var values = new float[grid.Count * _config.HiddenSize];
        foreach (ref var value in values.AsSpan())
            value = random.NextSingle() * 2 - 1;
        return new VideoTokens(grid, _config.HiddenSize, values);
    }

    private readonly record struct Sample(double Seconds, double ProcessorSeconds, double Operations);
}
