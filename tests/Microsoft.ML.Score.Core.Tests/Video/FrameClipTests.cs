namespace Microsoft.ML.Score.Video;

[TestFixture]
public class FrameClipTests
{
    // Three frames of 1x2 pixels, six bytes each.
    private static readonly byte[] s_rgb = [.. Enumerable.Range(0, 18).Select(i => (byte)i)];

    [Test]
    public void ReadFrames_RepeatedIndex_GivesThatFrameTwice()
    {
        var clip = new FrameClip(s_rgb, 3, 1, 2, 25);

        var frames = clip.ReadFrames([0, 2, 2]).Select(frame => frame.ToArray()).ToArray();

        Assert.That(frames, Is.EqualTo(new[] { s_rgb[..6], s_rgb[12..], s_rgb[12..] }));
    }

    [TestCase(-1)]
    [TestCase(3)]
    public void ReadFrames_IndexOutside_Throws(int index)
    {
        var clip = new FrameClip(s_rgb, 3, 1, 2, 25);

        Assert.That(() => clip.ReadFrames([index]), Throws.ArgumentException.With.Message.Contains("0..2"));
    }

    [Test]
    public void ReadFrames_Descending_Throws()
    {
        Assert.That(() => new FrameClip(s_rgb, 3, 1, 2, 25).ReadFrames([1, 0]), Throws.ArgumentException);
    }

    [Test]
    public void ReadFrames_Cancelled_Stops()
    {
        var clip = new FrameClip(s_rgb, 3, 1, 2, 25);

        Assert.That(() => clip.ReadFrames([0], new CancellationToken(canceled: true)).Count(), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void Ctor_WrongLength_NamesBothLengths()
    {
        Assert.That(() => new FrameClip(s_rgb, 3, 2, 2, 25), Throws.ArgumentException.With.Message.Contains("36").And.Message.Contains("18"));
    }

    [TestCase(0)]
    [TestCase(double.NaN)]
    [TestCase(double.PositiveInfinity)]
    public void Ctor_FrameRateNotPositiveAndFinite_Throws(double framesPerSecond)
    {
        Assert.That(() => new FrameClip(s_rgb, 3, 1, 2, framesPerSecond), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
