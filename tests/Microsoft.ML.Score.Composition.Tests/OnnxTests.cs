using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Composition;

[TestFixture]
internal sealed class OnnxTests
{
    private const int C = 8;
    private const int H = 2;
    private const int W = 3;

    private readonly MLContext _context = new(1);

    [Test]
    public void ApplyScorePolicy_AfterOnnxModel_ScoresItsMapAndReloads()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("doubling.onnx"), OnnxModel.Doubling(1, C, H, W));
        var rows = FeatureRow.Noise(5, C * H * W);
        var view = Rows.View(_context, rows, C * H * W);
        var policy = PolicyNetwork.Initialize(C, 8, seed: 2);
        var options = new ScorePolicyOptions { FeatureOrder = FeatureOrder.ChannelsFirst, RetentionRatio = 0.5, ProbabilitiesColumnName = "Probabilities" };
        var pipeline = _context.Transforms.CopyColumns("data", "Features")
            .Append(_context.Transforms.ApplyOnnxModel("map", "data", folder.File("doubling.onnx")))
            .Append(_context.Transforms.ApplyScorePolicy("Mask", "map", policy, options))
            .Append(_context.Transforms.GatherTokens("Kept", "map", "Mask", new GatherTokensOptions { FeatureOrder = FeatureOrder.ChannelsFirst, PooledColumnName = "Pooled" }))
            .Append(_context.Transforms.NormalizeMinMax("Normalized", "Pooled"));

        var fitted = pipeline.Fit(view);
        var result = fitted.Transform(view);

        Assert.That(result.Schema["map"].Type.ToString(), Is.EqualTo("Vector<Single, 1, 8, 2, 3>"));
        Assert.That(result.Schema["Mask"].Type.ToString(), Is.EqualTo("Vector<Boolean, 1, 2, 3>"));
        var expected = rows.Select(row => policy.Probabilities(new VideoTokens(new TokenGrid(1, H, W), C, ChannelsLast(row.Features))));
        Assert.That(Rows.Vectors<float>(result, "Probabilities"), Is.EqualTo(expected).Within(1e-6f));
        foreach (var (how, loaded) in Rows.Reloaded(_context, fitted, view.Schema))
        {
            var again = loaded.Transform(view);
            Assert.That(Rows.Vectors<bool>(again, "Mask"), Is.EqualTo(Rows.Vectors<bool>(result, "Mask")), how);
            Assert.That(Rows.Vectors<float>(again, "Normalized"), Is.EqualTo(Rows.Vectors<float>(result, "Normalized")), how);
        }

        (fitted as IDisposable)?.Dispose();
    }

    [Test]
    public void PruneTokens_AfterOnnxModelOfAnyBatch_TakesTheModelsOrder()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("doubling.onnx"), OnnxModel.Doubling(0, C, H, W));
        var view = Rows.View(_context, FeatureRow.Noise(2, C * H * W), C * H * W);
        var onnx = _context.Transforms.CopyColumns("data", "Features").Append(_context.Transforms.ApplyOnnxModel("map", "data", folder.File("doubling.onnx")));

        Assert.That(
            () => onnx.Append(_context.Transforms.PruneTokens("Mask", "map", CompressionMethod.VidCom2)).Fit(view),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("FeatureOrder"));
        var options = new PruneTokensOptions { FeatureOrder = FeatureOrder.ChannelsFirst, RetentionRatio = 0.5 };
        var masked = onnx.Append(_context.Transforms.PruneTokens("Mask", "map", CompressionMethod.Uniform, options)).Fit(view).Transform(view);
        Assert.That(Rows.Vectors<bool>(masked, "Mask").Select(mask => (mask.Length, mask.Count(kept => kept))), Is.All.EqualTo((H * W, H * W / 2)));
    }

    /// <summary>What the model and the reader do to [C, H, W]: doubled, and [H, W, C].</summary>
    private static float[] ChannelsLast(float[] values) => [.. Enumerable.Range(0, values.Length).Select(i => 2 * values[i % C * H * W + i / C])];
}
