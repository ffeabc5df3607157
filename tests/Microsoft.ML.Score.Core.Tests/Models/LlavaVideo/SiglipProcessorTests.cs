using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Models.LlavaVideo;

[TestFixture]
public class SiglipProcessorTests
{
    [Test]
    public void ReadFrames_GoldenFrames_GivesTheSamePixels()
    {
        using var golden = SafetensorsFile.Open(RepositoryFolder.Golden("models", "processor", "siglip.safetensors"));
        var clip = new FrameClip(golden.Bytes("frames").ToArray(), 2, 45, 80, 25);

        var processor = new SiglipProcessor(clip, new LlavaFrameSampling { MaxFrames = 2 }, 55);

        Assert.That(processor.ReadFrames().SelectMany(frame => frame.ToArray()), Is.EqualTo(golden.ReadSingle("pixel_values_size55")));
    }

    [Test]
    public void ReadFrames_StillImage_IsOneFrame()
    {
        var processor = new SiglipProcessor(new FrameClip(new byte[3 * 4 * 3], 1, 3, 4, 25), new LlavaFrameSampling(), 6);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(processor.Frames.Indices, Is.EqualTo(new[] { 0 }));
            Assert.That(processor.ReadFrames().Single().ToArray(), Is.EqualTo(Enumerable.Repeat(-1f, 3 * 6 * 6)));
        }
    }
}
