using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Models.Qwen25VL;

[TestFixture]
public class EncodeScaledTests
{
    private IScalableVideoModel _model = null!;

    [OneTimeSetUp]
    public void Load() => _model = (IScalableVideoModel)VideoModel.Load("tiny");

    [OneTimeTearDown]
    public void Release() => _model.Dispose();

    /// <summary>The synthetic clips have steps of 6x6 tokens.</summary>
    [TestCase(1, 1, 1)]
    [TestCase(4, 2, 2)]
    [TestCase(9, 3, 3)]
    [TestCase(12, 3, 4)]
    [TestCase(14, 3, 4)]
    [TestCase(36, 6, 6)]
    [TestCase(100, 6, 6)]
    public void EncodeScaled_Budget_GivesTheNearestGridWithinIt(int budget, int height, int width)
    {
        var clip = SyntheticWorld.Generate(SyntheticSplit.Test, VideoLength.Short, 0).Clip;

        var (whole, scaled) = (_model.Encode(clip), _model.EncodeScaled(clip, budget));

        Assert.That((whole.Grid.Height, whole.Grid.Width), Is.EqualTo((6, 6)));
        Assert.That(scaled.Grid, Is.EqualTo(new TokenGrid(whole.Grid.TimeSteps, height, width, whole.Grid.SecondsPerStep)));
        if (budget >= 36)
            Assert.That(scaled.Vectors.ToArray(), Is.EqualTo(whole.Vectors.ToArray()));
    }

    [Test]
    public void EncodeScaled_NoToken_Throws() =>
        Assert.That(() => _model.EncodeScaled(SyntheticWorld.Generate(SyntheticSplit.Test, VideoLength.Short, 0).Clip, 0), Throws.TypeOf<ArgumentOutOfRangeException>());
}
