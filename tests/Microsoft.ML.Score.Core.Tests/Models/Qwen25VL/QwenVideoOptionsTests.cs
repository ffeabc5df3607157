using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Models.Qwen25VL;

[TestFixture]
public class QwenVideoOptionsTests
{
    private static readonly QwenVideoOptions[] s_faulty =
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
    public void Faults_ValueOutOfRange_IsOne(QwenVideoOptions options) => Assert.That(options.Faults().All, Has.Exactly(1).Items);

    [Test]
    public void Faults_OfTheDefaults_AreNone() => Assert.That(new QwenVideoOptions().Faults().All, Is.Empty);
}
