namespace Microsoft.ML.Score.Tokens;

[TestFixture]
public class TokenGridTests
{
    [Test]
    public void Constructor_Sizes_GiveTheCounts()
    {
        var grid = new TokenGrid(4, 3, 2, 0.5);
        Assert.That((grid.TokensPerStep, grid.Count, grid.SecondsPerStep, grid.ToString()), Is.EqualTo((6, 24, 0.5, "4x3x2")));
    }

    [TestCase(0, 1, 1)]
    [TestCase(1, 0, 1)]
    [TestCase(1, 1, -1)]
    [TestCase(65536, 65536, 1)]
    [TestCase(int.MaxValue, int.MaxValue, int.MaxValue)]
    public void Constructor_SizeOutOfRange_Throws(int timeSteps, int height, int width)
    {
        Assert.That(() => new TokenGrid(timeSteps, height, width), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [TestCase(0)]
    [TestCase(-1)]
    [TestCase(double.NaN)]
    [TestCase(double.PositiveInfinity)]
    public void Constructor_SecondsNotPositiveAndFinite_Throws(double seconds)
    {
        Assert.That(() => new TokenGrid(1, 1, 1, seconds), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
