using Microsoft.ML.Score.Models.Layers;
using Microsoft.ML.Score.Models.Qwen2;
using TorchSharp;

namespace Microsoft.ML.Score.TorchSharp.Device;

/// <summary>
/// Table 3 of the paper: the first token after 91 text tokens and as many visual ones as the paper has on average at each retention ratio; then
/// the cross-entropy of 16 rollouts that keep half of all tokens.
/// </summary>
internal static class PrefillTimes
{
    private const int TextTokens = 91, Rollouts = 16, RolloutsAtATime = 4, TargetTokens = 30;

    private const int PeakSide = 8192;

    private static readonly (int Visual, double Paper)[] s_lengths = [(42_566, 1.0), (17_117, 3.5), (10_733, 6.0), (4_348, 16.2)];

    /// <param name="measure">The backend.</param>
    /// <param name="shape">The model; disposed.</param>
    /// <param name="most">The most visual tokens; null for all and the rollouts.</param>
    public static void Run(Measure measure, ModelShape shape, int? most)
    {
        using var owned = shape;
        Qwen2LanguageModel? model = null;
        var load = measure.Once(() => model = shape.Load(measure.Kernels));
        var config = shape.Config;
        var peak = measure.IsGpu ? Peak(measure) : double.NaN;
        Console.WriteLine($"{measure.Backend}: {config.NumHiddenLayers} layers, hidden {config.HiddenSize}, MLP {config.IntermediateSize}; loaded in {load.Seconds:F1} s, {measure.Memory()}{(measure.IsGpu ? $"; bf16 product {peak / 1e12:F0} TFLOP/s" : "")}");
        Console.WriteLine("     rows   seconds  processor s   rows/s  GFLOP/s  of product   faster   paper");
        Time(measure, model!, 512);
        var full = 0.0;
        foreach (var (visual, paper) in s_lengths.Where(length => length.Visual <= (most ?? int.MaxValue)))
        {
            var rows = Rows(shape, visual);
            var sample = measure.Best(measure.IsGpu ? 3 : 1, () => Prefill(measure, model!, rows));
            full = full == 0 ? sample.Seconds : full;
            var rate = Operations(config, rows) / sample.Seconds;
            Console.WriteLine($"  {rows,7} {sample.Seconds,9:F3} {sample.Processor,12:F2} {rows / sample.Seconds,8:F0} {rate / 1e9,8:F0} {(measure.IsGpu ? $"{rate / peak:P0}" : "-"),11} {full / sample.Seconds,7:F1}x {paper,6:F1}x");
        }

        if (most is not null)
            return;
        var rollouts = measure.Once(() =>
        {
            for (var done = 0; done < Rollouts; done += RolloutsAtATime)
                Score(measure, model!, Rows(shape, s_lengths[0].Visual / 2));
        });
        Console.WriteLine($"  {Rollouts} rollouts of half the tokens: {rollouts.Seconds:F2} s, {rollouts.Processor:F1} processor s; {measure.Memory()}");
    }

    private static int Rows(ModelShape shape, int visual) => (int)(visual * shape.Scale) + TextTokens;

    private static void Time(Measure measure, Qwen2LanguageModel model, int rows) => measure.Once(() => Prefill(measure, model, rows));

    private static void Prefill(Measure measure, Qwen2LanguageModel model, int rows)
    {
        using var embeddings = model.Embed(Ids(model, rows));
        using var rotary = RotaryTable.Sequential(measure.Kernels, model.Config.RopeTheta, model.Config.HeadDim, rows);
        using var hidden = model.Forward(embeddings, rotary, PackedBatch.Single(rows, lastRowOnly: true));
        using var logits = model.Logits(hidden);
        measure.Kernels.ArgMax(logits);
    }

    /// <summary>Sequences of so many rows in one pass.</summary>
    private static void Score(Measure measure, Qwen2LanguageModel model, int rows)
    {
        var segments = Enumerable.Range(0, RolloutsAtATime).Select(i => new Kernels.AttentionSegment(i * rows, rows, i * rows, rows)).ToArray();
        var outputs = Enumerable.Range(0, RolloutsAtATime * TargetTokens).Select(i => i / TargetTokens * rows + rows - TargetTokens + i % TargetTokens).ToArray();
        var outputSegments = Enumerable.Range(0, RolloutsAtATime).Select(i => new Kernels.AttentionSegment(i * TargetTokens, TargetTokens, i * rows, rows)).ToArray();
        var positions = Enumerable.Range(0, RolloutsAtATime * rows).Select(row => row % rows).ToArray();
        using var embeddings = model.Embed(Ids(model, RolloutsAtATime * rows));
        using var one = RotaryTable.Sequential(measure.Kernels, model.Config.RopeTheta, model.Config.HeadDim, rows);
        using var rotary = one.Gather(measure.Kernels, positions);
        using var hidden = model.Forward(embeddings, rotary, new PackedBatch(segments, outputs, outputSegments));
        model.CrossEntropy(hidden, Ids(model, outputs.Length));
    }

    private static int[] Ids(Qwen2LanguageModel model, int rows)
    {
        var random = new Random(rows);
        return [.. Enumerable.Range(0, rows).Select(_ => random.Next(model.Config.VocabSize))];
    }

    /// <summary>Operations of every row in all layers but the last, of which only keys and values of the rows before the last one are asked for.</summary>
    private static double Operations(Qwen2Config config, double n)
    {
        double d = config.HiddenSize;
        var rowProducts = 2 * (2 * d * d + 3 * d * config.IntermediateSize);
        var keysAndValues = 2 * n * 2 * d * config.KeyValueSize;
        return (config.NumHiddenLayers - 1) * (n * rowProducts + keysAndValues + 2 * n * (n + 1) * d) + rowProducts + keysAndValues + 4 * n * d;
    }

    private static double Peak(Measure measure)
    {
        using var a = torch.randn(PeakSide, PeakSide, torch.ScalarType.BFloat16, new torch.Device(DeviceType.CUDA, 0));
        return 2 * Math.Pow(PeakSide, 3) / measure.Best(10, () => a.mm(a).Dispose()).Seconds;
    }
}
