using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Video;

namespace Score.Cli.Annotation;

[TestFixture]
public class JpegFramesTests
{
    [OneTimeSetUp]
    public void RequireFFmpeg() => FFmpegProgram.Require();

    [Test]
    public void Read_LongSide_ShrinksFramesAndKeepsTheirOrderAndShape()
    {
        // Three grey levels, one a third of the clip.
        var rgb = new byte[9 * 60 * 120 * 3];
        for (var frame = 0; frame < 9; frame++)
            rgb.AsSpan(frame * 60 * 120 * 3, 60 * 120 * 3).Fill((byte)(40 + 80 * (frame / 3)));
        using var folder = new TemporaryFolder();

        var images = JpegFrames.Read(new FrameClip(rgb, 9, 60, 120, 10), 3, 64, CancellationToken.None);

        var levels = images.Select((image, index) =>
        {
            File.WriteAllBytes(folder.File($"{index}.jpg"), image);
            var read = VideoFile.Open(folder.File($"{index}.jpg"));
            Assert.That((read.IsStill, read.Height, read.Width), Is.EqualTo((true, 32, 64)));
            return read.ReadFrames([0]).Select(frame => (int)frame.Span[0]).Single();
        }).ToList();
        Assert.That(levels, Is.EqualTo(new[] { 40, 120, 200 }).Within(3));
    }

    [TestCase("test-image-0", 8, 2)] // one time step
    [TestCase("test-short-0", 5, 5)]
    public void Read_SyntheticClip_GivesAsManyFramesAsThereAre(string id, int wanted, int expected)
    {
        var clip = Videos.VideoReference.ToSynthetic(id).OpenClip(CancellationToken.None);

        Assert.That(JpegFrames.Read(clip, wanted, 768, CancellationToken.None), Has.Count.EqualTo(expected));
    }

    [Test]
    public void Read_Cancelled_Stops()
    {
        var clip = SyntheticWorld.Generate(SyntheticSplit.Test, VideoLength.Short, 0).Clip;

        Assert.That(() => JpegFrames.Read(clip, 2, 64, new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());
    }
}
