namespace Microsoft.ML.Score.Tokens;

[TestFixture]
public class VideoTokensTests
{
    [TestCase(11)]
    [TestCase(13)]
    [TestCase(0)]
    public void Constructor_WrongNumberOfValues_NamesBoth(int count)
    {
        Assert.That(() => new VideoTokens(new TokenGrid(2, 1, 3), 2, new float[count]),
            Throws.ArgumentException.With.Message.Contains("2x1x3").And.Message.Contains("12").And.Message.Contains($"{count}"));
    }

    [Test]
    public void Constructor_InvalidDimensionOrGrid_Throws()
    {
        Assert.That(() => new VideoTokens(new TokenGrid(1, 1, 1), 0, new float[0]), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new VideoTokens(default, 1, new float[0]), Throws.ArgumentException);
        Assert.That(() => new VideoTokens(new TokenGrid(int.MaxValue, 1, 1), int.MaxValue, new float[1]), Throws.ArgumentException);
    }
}
