namespace Microsoft.ML.Score.Tokens;

[TestFixture]
public class KeptTokensTests
{
    private static readonly VideoTokens s_video = new(new TokenGrid(2, 1, 2), 2, new float[] { 0, 1, 10, 11, 20, 21, 30, 31 });

    [Test]
    public void Gather_Positions_TakesTheirVectors()
    {
        var kept = KeptTokens.Gather(s_video, new[] { 1, 3 });
        Assert.That(kept.Vectors.ToArray(), Is.EqualTo(new float[] { 10, 11, 30, 31 }));
        Assert.That(kept.Positions.ToArray(), Is.EqualTo(new[] { 1, 3 }));
        Assert.That(kept.ToMask(), Is.EqualTo(new[] { false, true, false, true }));
        Assert.That((kept.Count, kept.Dimension, kept.Grid), Is.EqualTo((2, 2, s_video.Grid)));
    }

    [Test]
    public void Gather_NoPosition_IsEmpty()
    {
        Assert.That(KeptTokens.Gather(s_video, ReadOnlyMemory<int>.Empty).Count, Is.Zero);
    }

    [Test]
    public void All_Video_KeepsEverything()
    {
        var kept = KeptTokens.All(s_video);
        Assert.That(kept.Positions.ToArray(), Is.EqualTo(new[] { 0, 1, 2, 3 }));
        Assert.That(kept.Vectors, Is.EqualTo(s_video.Vectors));
    }

    [TestCase(new[] { -1 })]
    [TestCase(new[] { 4 })]
    [TestCase(new[] { 1, 1 })]
    [TestCase(new[] { 2, 1 })]
    [TestCase(new[] { 0, 1, 2, 3, 4 })]
    public void GatherAndConstructor_InvalidPositions_Throw(int[] positions)
    {
        Assert.That(() => KeptTokens.Gather(s_video, positions), Throws.ArgumentException);
        Assert.That(() => new KeptTokens(s_video.Grid, 1, positions, new float[positions.Length]), Throws.ArgumentException);
    }

    [Test]
    public void Constructor_WrongNumberOfValues_Throws()
    {
        Assert.That(() => new KeptTokens(s_video.Grid, 2, new[] { 0 }, new float[3]), Throws.ArgumentException);
        Assert.That(() => new KeptTokens(s_video.Grid, 0, new[] { 0 }, new float[0]), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Constructor_EmptyGrid_Throws() =>
        Assert.That(() => new KeptTokens(default, 2, Array.Empty<int>(), Array.Empty<float>()), Throws.ArgumentException.With.Message.Contains("at least one token"));
}
