using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.TorchSharp.Device;

/// <summary>A linear layer of the MLP and one causal attention of a model's shape.</summary>
internal static class KernelTimes
{
    private const int Rows = 1024, AttentionRows = 8192, Runs = 5;

    public static void Run(Measure measure, ModelShape shape)
    {
        using var owned = shape;
        var (kernels, config) = (new RepeatedWeights(measure.Kernels), shape.Config);
        using var weight = kernels.UploadWeight(null!, 0, config.IntermediateSize, config.HiddenSize);
        using var x = Random(kernels, Rows, config.HiddenSize);
        var linear = measure.Best(Runs, () => kernels.Linear(x, weight, null, Activation.None, null).Dispose());
        Print(measure, $"linear {Rows} x {config.HiddenSize} to {config.IntermediateSize}", linear, 2.0 * Rows * config.HiddenSize * config.IntermediateSize);

        var rows = Math.Max(64, (int)(AttentionRows * shape.Scale));
        using var q = Random(kernels, rows, config.HiddenSize);
        using var k = Random(kernels, rows, config.KeyValueSize);
        using var v = Random(kernels, rows, config.KeyValueSize);
        var attention = measure.Best(Runs, () => kernels.Attention(q, k, v, [AttentionSegment.Self(0, rows)], config.HeadDim, causal: true).Dispose());
        Print(measure, $"causal attention of {rows} rows, {config.NumAttentionHeads} heads of {config.HeadDim}", attention, 2.0 * rows * (rows + 1) * config.HiddenSize);
    }

    private static Tensor Random(IKernels kernels, int rows, int columns)
    {
        var random = new Random(rows);
        return kernels.Upload([.. Enumerable.Range(0, rows * columns).Select(_ => random.NextSingle() * 2 - 1)], rows, columns);
    }

    private static void Print(Measure measure, string what, Sample sample, double operations) =>
        Console.WriteLine($"{measure.Backend}: {what}: {sample.Seconds * 1e3:F1} ms, {sample.Processor * 1e3:F1} processor ms, {operations / sample.Processor / 1e9:F1} GFLOP a processor second");
}
