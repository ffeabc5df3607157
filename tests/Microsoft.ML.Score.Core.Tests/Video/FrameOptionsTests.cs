namespace Microsoft.ML.Score.Video;

[TestFixture]
public class FrameOptionsTests
{
    private static readonly FrameOptions[] s_faulty =
    [
        new() { FramesPerSecond = 0 },
        new() { FramesPerSecond = double.NaN },
        new() { FramesPerSecond = 1, FrameCount = 8 },
        new() { FrameCount = 0 },
        new() { MinFrames = 9, MaxFrames = 8 },
        new() { MaxFrames = 1 },
        new() { MinPixels = double.NaN },
        new() { MinPixels = 100, MaxPixels = 50 },
        new() { MaxPixels = double.PositiveInfinity },
        new() { ResizedHeight = 56 },
        new() { ResizedHeight = 0, ResizedWidth = 28 },
        new() { Resampler = (FrameResampler)7 },
    ];

    [TestCaseSource(nameof(s_faulty))]
    public void ThrowIfFaulty_ValueOutOfRange_Throws(FrameOptions options) =>
        Assert.That(() => options.ThrowIfFaulty("frames"), Throws.ArgumentException.With.Message.Contains(nameof(FrameOptions)));

    [Test]
    public void ThrowIfFaulty_Defaults_Pass() => Assert.That(() => new FrameOptions().ThrowIfFaulty("frames"), Throws.Nothing);

    [Test]
    public void LlavaFrameSamplingCreate_RateGiven_SwitchesTheForcedSampleOff()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(LlavaFrameSampling.Create(new FrameOptions()), Is.EqualTo(new LlavaFrameSampling()));
            Assert.That(LlavaFrameSampling.Create(new FrameOptions { FramesPerSecond = 2, MaxFrames = 16 }), Is.EqualTo(new LlavaFrameSampling { FramesPerSecond = 2, MaxFrames = 16, ForceSample = false }));
            Assert.That(LlavaFrameSampling.Create(new FrameOptions { FrameCount = 8 }), Is.EqualTo(new LlavaFrameSampling { MaxFrames = 8 }));
            Assert.That(() => LlavaFrameSampling.Create(new FrameOptions { MaxPixels = 1e6 }), Throws.ArgumentException);
        }
    }
}
