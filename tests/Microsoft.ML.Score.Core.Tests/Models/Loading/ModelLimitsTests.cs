using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Models.Loading;

[TestFixture]
public class ModelLimitsTests
{
    private static readonly VideoModelInfo s_tiny = new("tiny", "00ff", 64) { VocabularySize = 553 };

    private readonly List<string> _warnings = [];

    [SetUp]
    public void Clear() => _warnings.Clear();

    [Test]
    public void See_EmbeddedModelAndOtherGrids_WarnsOnce()
    {
        var limits = new ModelLimits(s_tiny, _warnings.Add);

        limits.See(new TokenGrid(3, 6, 6));
        Assert.That(_warnings, Is.Empty);
        limits.See(new TokenGrid(3, 8, 10));
        limits.See(new TokenGrid(3, 12, 12));
        limits.SeeBase(7);

        Assert.That(_warnings, Has.Count.EqualTo(1).And.All.Contains("knows nothing of real video"));
    }

    [Test]
    public void See_Checkpoint_IsSilent()
    {
        var limits = new ModelLimits(s_tiny with { Source = "/models/qwen" }, _warnings.Add);

        limits.See(new TokenGrid(3, 8, 10));

        Assert.That(_warnings, Is.Empty);
    }

    [Test]
    public void LimitOf_VideoOfNoGrid_IsTakenForReal()
    {
        Assert.That(VideoModel.LimitOf(s_tiny), Does.Contain("knows nothing of real video"));
        Assert.That(VideoModel.LimitOf(s_tiny with { Source = "/models/qwen" }), Is.Null);
    }

    [TestCase(6.315, 0)] // ln(553) = 6.3154
    [TestCase(6.316, 1)]
    public void SeeBase_OfAVocabulary_WarnsAboveItsLogarithm(double crossEntropy, int expected)
    {
        new ModelLimits(s_tiny, _warnings.Add).SeeBase(crossEntropy);

        Assert.That(_warnings, Has.Count.EqualTo(expected));
    }

    [TestCase(48, 48, 0)]
    [TestCase(56, 48, 1)]
    [TestCase(96, 96, 1)]
    [TestCase(480, 640, 1)]
    [TestCase(512, 512, 1)]
    public void See_FramesThatTheEmbeddedModelEncoded_AreSyntheticAt48PixelsOnly(int height, int width, int expected)
    {
        using var model = VideoModel.Load("tiny");
        var limits = new ModelLimits(model.Info, _warnings.Add);

        limits.See(model.Encode(new FrameClip(new byte[2 * height * width * 3], 2, height, width, 2)).Grid);
        limits.See(model.Encode(SyntheticWorld.Generate(SyntheticSplit.Test, VideoLength.Short, 0).Clip).Grid);
        limits.See(model.Encode(SyntheticWorld.GenerateImage(SyntheticSplit.Test, 0).Clip).Grid);

        Assert.That(_warnings, Has.Count.EqualTo(expected));
        Assert.That(model.Info.VocabularySize, Is.EqualTo(553));
    }
}
