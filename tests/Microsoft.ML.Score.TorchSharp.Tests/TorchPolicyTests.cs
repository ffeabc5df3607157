using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Tokens;
using TorchSharp;

namespace Microsoft.ML.Score.TorchSharp;

[TestFixture]
public class TorchPolicyTests
{
    private readonly IKernels _kernels = TorchSharpBackend.Cpu.Kernels;

    [Test]
    public void LogitsAndTopK_RandomPolicy_AreTheManagedOnes([Values] bool usesResidual, [Values] bool usesNormalization, [Values(1, 7)] int steps)
    {
        var policy = PolicyNetwork.Initialize(24, 16, usesResidual, usesNormalization, seed: 3);
        var grid = new TokenGrid(steps, 3, 5);
        var values = KernelData.Values(1, grid.Count * 24);
        using var rows = _kernels.Upload(values, grid.Count, 24);
        var expected = policy.Logits(new VideoTokens(grid, 24, values));

        Assert.That(((IPolicyKernels)_kernels).Logits(policy, rows, grid.TokensPerStep), Is.EqualTo(expected).Within(1e-5));
        Assert.That(((IPolicyKernels)_kernels).TopK(policy, rows, grid.TokensPerStep, 9), Is.EqualTo(TopK.Select(expected, 9)));
    }

    [Test]
    public void TopK_EqualLogits_TakesTheLowerIndices()
    {
        float[] scores = [.. Enumerable.Range(0, 300).Select(i => (float)(i % 7))];
        using var logits = torch.tensor(scores);

        foreach (var count in new[] { 1, 43, 60, 299, 300 })
            Assert.That(TorchPolicy.TopK(logits, count), Is.EqualTo(TopK.Select(scores, count)), $"{count}");
    }

    /// <summary>All of a video's way but the first and the last step: only indices and the answer come back.</summary>
    [TestCase("torch-cpu")]
    [TestCase("torch-cuda-f32")]
    public void Compress_EncodedVideo_LeavesItsVectorsOnTheDevice(string backend)
    {
        var clip = SyntheticWorld.Generate(SyntheticSplit.Validation, VideoLength.Short, 2).Clip;
        using var managed = VideoModel.Load("tiny");
        using var model = VideoModel.Load("tiny", new VideoModelOptions { Backend = TestedBackends.Named(backend) });
        var compressor = new ScoreCompressor(PolicyNetwork.Pretrained(model.Info));

        var video = model.Encode(clip);
        var kept = compressor.Compress(video, 0.25);
        var answer = model.Generate(kept, Questions.Caption);
        var losses = model.CrossEntropy([KeptTokens.All(video), kept], Questions.Caption, "a red ball");

        Assert.That(video.Device!.HasHostCopy, Is.False);
        var expected = compressor.Compress(managed.Encode(clip), 0.25);
        Assert.That(kept.Positions.ToArray(), Is.EqualTo(expected.Positions.ToArray()));
        Assert.That(kept.Vectors.ToArray(), Is.EqualTo(expected.Vectors.ToArray()).Within(1e-4));
        Assert.That(answer, Is.EqualTo(managed.Generate(expected, Questions.Caption)));
        Assert.That(losses, Is.EqualTo(managed.CrossEntropy([KeptTokens.All(expected.Video!), expected], Questions.Caption, "a red ball")).Within(1e-4));
        Assert.That(video.Device!.HasHostCopy, Is.False);
    }

    [Test]
    public void Compress_VectorsThatOverflow_SaysWhichLogit()
    {
        var residents = new ResidentRows(_kernels);
        var values = KernelData.Values(1, 4 * 6);
        values[9] = 3e38f;
        var policy = PolicyNetwork.Initialize(6, 4, useNormalization: false);
        policy.W1.Fill(5);
        var video = new VideoTokens(new TokenGrid(4, 1, 1), residents.Keep(_kernels.Upload(values, 4, 6)), "fingerprint");

        Assert.That(() => new ScoreCompressor(policy).Compress(video, 0.5), Throws.TypeOf<InvalidDataException>().With.Message.Contains("gives token 1 the logit"));
    }
}
