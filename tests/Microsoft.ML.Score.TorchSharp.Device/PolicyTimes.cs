using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Tokens;
using TorchSharp;

namespace Microsoft.ML.Score.TorchSharp.Device;

/// <summary>The policy's scores of a long video's features on the device, and the indices of a tenth of its tokens.</summary>
internal static class PolicyTimes
{
    private const int Steps = 128, Height = 9, Width = 37;

    public static void Run(Measure measure, ModelShape shape, torch.Device device, bool isBFloat16)
    {
        using var owned = shape;
        var steps = Math.Max(2, (int)(Steps * shape.Scale));
        var grid = new TokenGrid(steps, Height, Width);
        var dimension = shape.Config.HiddenSize;
        var policy = PolicyNetwork.Initialize(dimension);
        using var features = new TorchTensor(torch.randn(grid.Count, dimension, isBFloat16 ? torch.ScalarType.BFloat16 : torch.ScalarType.Float32, device));
        var count = TopK.RetainedCount(0.1, grid.Count);
        int[] kept = [];
        var sample = measure.Best(10, () => kept = ((IPolicyKernels)measure.Kernels).TopK(policy, features, grid.TokensPerStep, count)!);

        var values = new float[grid.Count * dimension];
        measure.Kernels.Download(features, values);
        var expected = TopK.Select(policy.Logits(new VideoTokens(grid, dimension, values)), count);
        Console.WriteLine($"{measure.Backend}: scores and top-{count} of {grid.Count} x {dimension}: {sample.Seconds * 1e3:F2} ms; {kept.Intersect(expected).Count()} of the managed engine's {count}");
    }
}
