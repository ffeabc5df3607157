using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;
using SkiaSharp;

namespace Microsoft.ML.Score.Reports.Masks;

/// <summary>Still pictures and clips, read back by other programs than wrote them.</summary>
[TestFixture]
public class PictureFilesTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void Png_LitAndDimmedCells_AreWhereTheMaskSays()
    {
        // A white still of 2x2 tokens, of which the upper left one is kept.
        var path = _folder.File("still.png");
        var white = new byte[48 * 48 * 3];
        Array.Fill(white, byte.MaxValue);
        var clip = new FrameClip(white, 1, 48, 48, 1);
        var grid = new TokenGrid(1, 2, 2);
        new MaskReport("still", grid, [TokenSelection.OfScores("SCORE", [4, 3, 2, 1])]) { Pictures = StepPictures.Read(clip, grid), RetentionRatio = 0.25 }.Write(path);

        using var bitmap = SKBitmap.Decode(path);

        // 240x240 pixels from (6, 20) on; the dimming is black at 190 of 255.
        Assert.Multiple(() =>
        {
            Assert.That(bitmap.GetPixel(6 + 60, 20 + 60).Red, Is.GreaterThan(250));
            Assert.That(bitmap.GetPixel(6 + 180, 20 + 60).Red, Is.EqualTo(255 - 190).Within(2));
            Assert.That(bitmap.GetPixel(6 + 60, 20 + 180).Red, Is.EqualTo(255 - 190).Within(2));
            Assert.That(ReportFile.Is(path), Is.True);
        });
    }

    [TestCase("clip.mp4")]
    [TestCase("clip.gif")]
    public void Clip_OfAVideo_LastsAsLongAndIsTold(string name)
    {
        FFmpegProgram.Require();
        var path = _folder.File(name);
        var (grid, report) = Moving();

        report.Write(path);

        var clip = VideoFile.Open(path);
        Assert.Multiple(() =>
        {
            Assert.That(clip.FrameCount / clip.FramesPerSecond, Is.EqualTo(grid.TimeSteps * grid.SecondsPerStep).Within(0.25));
            Assert.That((clip.Width, clip.Height), Is.EqualTo((480, 480)));
            Assert.That(ReportFile.Is(path), Is.True);
        });
    }

    [Test]
    public void Png_TwoSelections_StandBelowEachOther()
    {
        var (_, report) = Moving();
        var (one, two) = (_folder.File("one.png"), _folder.File("two.png"));
        report.Write(one);
        new MaskReport("two", report.Grid, [report.Selections[0], report.Selections[0]]) { Pictures = report.Pictures }.Write(two);

        using var single = SKBitmap.Decode(one);
        using var twice = SKBitmap.Decode(two);
        Assert.That((twice.Width, twice.Height - 6), Is.EqualTo((single.Width, 2 * (single.Height - 6))));
    }

    [Test]
    public void Pictures_OfANoisyVideo_StayWithinTheirLimit()
    {
        var random = new Random(1);
        var frames = new byte[40 * 480 * 640 * 3];
        random.NextBytes(frames);
        var clip = new FrameClip(frames, 40, 480, 640, 1);
        var grid = new TokenGrid(40, 12, 16);

        var pictures = StepPictures.Read(clip, grid);

        Assert.That(Enumerable.Range(0, 40).Sum(step => pictures.Jpeg(step)!.Length), Is.InRange(1_000_000, 6_500_000));
    }

    [Test]
    public void Pictures_OfACut_ChangeThere()
    {
        // Three blue frames, then three red ones: hue differs by 60 of 180, saturation and value do not.
        var frames = new byte[6 * 32 * 32 * 3];
        for (var pixel = 0; pixel < 6 * 32 * 32; pixel++)
            frames[pixel * 3 + (pixel < 3 * 32 * 32 ? 2 : 0)] = byte.MaxValue;

        var pictures = StepPictures.Read(new FrameClip(frames, 6, 32, 32, 1), new TokenGrid(6, 2, 2));

        Assert.That(pictures.Changes[0], Is.NaN);
        Assert.That(pictures.Changes.Skip(1), Is.EqualTo(new[] { 0, 0, 20.0, 0, 0 }).Within(1.0));
    }

    [Test]
    public void Pictures_FramesThatAreNoMultiple_SaysBothNumbers() =>
        Assert.That(
            () => StepPictures.Read(new FrameClip(new byte[3 * 4 * 4 * 3], 3, 4, 4, 1), new TokenGrid(2, 1, 1), [0, 1, 2]),
            Throws.ArgumentException.With.Message.Contains("must be a multiple of 2, got 3"));

    [Test]
    public void Is_AnotherFile_IsNone()
    {
        var path = _folder.File("photo.png");
        using (var bitmap = new SKBitmap(4, 4))
        using (var file = File.Create(path))
            bitmap.Encode(file, SKEncodedImageFormat.Png, 100);

        Assert.That(ReportFile.Is(path), Is.False);
    }

    private static (TokenGrid Grid, MaskReport Report) Moving()
    {
        var clip = SyntheticWorld.Generate(SyntheticSplit.Test, VideoLength.Short, 0).Clip;
        var grid = new TokenGrid(8, 6, 6, 1);
        var scores = Enumerable.Range(0, grid.Count).Select(i => MathF.Sin(i)).ToArray();
        return (grid, new MaskReport("clip", grid, [TokenSelection.OfScores("SCORE", scores)]) { Pictures = StepPictures.Read(clip, grid), RetentionRatio = 0.3 });
    }
}
