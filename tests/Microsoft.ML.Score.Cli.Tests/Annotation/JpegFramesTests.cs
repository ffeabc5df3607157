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
    public void Read_ClipThatGivesFewerFramesThanItSays_NamesBothNumbers()
    {
        var clip = new ShortClip();

        Assert.That(() => JpegFrames.Read(clip, 3, 64, CancellationToken.None), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith("FFmpeg made 1 JPEG images of 3 frames and ended with code 0"));
    }

    [Test]
    public void Read_FrameThatCannotBeDecoded_SaysWhatReadingSays()
    {
        var clip = new ShortClip { IsDamaged = true };

        Assert.That(() => JpegFrames.Read(clip, 3, 64, CancellationToken.None), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo("The second frame is damaged."));
    }

    [Test]
    public void Read_Cancelled_Stops()
    {
        var clip = SyntheticWorld.Generate(SyntheticSplit.Test, VideoLength.Short, 0).Clip;

        Assert.That(() => JpegFrames.Read(clip, 2, 64, new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());
    }

    /// <summary>Says that it has three frames, and has one.</summary>
    private sealed class ShortClip : VideoClip
    {
        public bool IsDamaged { get; init; }

        public override int FrameCount => 3;

        public override int Height => 16;

        public override int Width => 16;

        public override double FramesPerSecond => 1;

        public override IEnumerable<ReadOnlyMemory<byte>> ReadFrames(IReadOnlyList<int> frameIndices, CancellationToken cancellationToken = default)
        {
            yield return new byte[16 * 16 * 3];
            if (IsDamaged)
                throw new InvalidDataException("The second frame is damaged.");
        }
    }
}
