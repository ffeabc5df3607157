using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Training;

[TestFixture]
public class ValidationMaskTests
{
    [Test]
    public void Of_Positions_KeepsThose()
    {
        int[] positions = [0, 7, 8, 23];

        var mask = ValidationMask.Of(new TokenGrid(2, 3, 4), positions)!;

        Assert.That((mask.TimeSteps, mask.Height, mask.Width), Is.EqualTo((2, 3, 4)));
        Assert.That(Enumerable.Range(0, 24).Where(token => mask.Keeps(token / 12, token / 4 % 3, token % 4)), Is.EqualTo(positions));
        Assert.That(() => mask.Keeps(2, 0, 0), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("from 0 to 1"));
        Assert.That(() => mask.Keeps(0, -1, 0), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [TestCase(100, 10, 10, 40)]  // 4,096 / 100
    [TestCase(3, 64, 64, 1)]
    [TestCase(3, 64, 65, null)]
    public void Of_LongVideo_HoldsTheStepsThatFit(int steps, int height, int width, int? expected)
    {
        var mask = ValidationMask.Of(new TokenGrid(steps, height, width), [steps * height * width - 1]);

        Assert.That(mask?.TimeSteps, Is.EqualTo(expected));
    }
}
