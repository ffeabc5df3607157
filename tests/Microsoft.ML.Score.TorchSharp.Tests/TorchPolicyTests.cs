using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Tokens;
using TorchSharp;

namespace Microsoft.ML.Score.TorchSharp;

[TestFixture]
public class TorchPolicyTests
{
    [Test]
    public void LogitsAndSelect_RandomPolicy_AreTheManagedOnes([Values] bool usesResidual, [Values] bool usesNormalization)
    {
        var policy = PolicyNetwork.Initialize(24, 16, usesResidual, usesNormalization, seed: 3);
        var grid = new TokenGrid(7, 3, 5);
        var values = KernelData.Values(1, grid.Count * 24);
        using var onTorch = new TorchPolicy(policy, "torch-cpu", torch.CPU);
        using var features = torch.tensor(values).view(grid.Count, 24);

        using var logits = onTorch.Logits(features, grid.TokensPerStep);

        var expected = policy.Logits(new VideoTokens(grid, 24, values));
        Assert.That(logits.data<float>().ToArray(), Is.EqualTo(expected).Within(1e-5));
        Assert.That(onTorch.Select(logits, 20), Is.EqualTo(TopK.Select(expected, 20)));
    }

    [Test]
    public void Select_EqualLogits_TakesTheLowerIndices()
    {
        using var policy = new TorchPolicy(PolicyNetwork.Initialize(4, 2), "torch-cpu", torch.CPU);
        float[] scores = [.. Enumerable.Range(0, 300).Select(i => (float)(i % 7))];
        using var logits = torch.tensor(scores);

        foreach (var count in new[] { 1, 43, 60, 299, 300 })
            Assert.That(policy.Select(logits, count), Is.EqualTo(TopK.Select(scores, count)), $"{count}");
    }
}
