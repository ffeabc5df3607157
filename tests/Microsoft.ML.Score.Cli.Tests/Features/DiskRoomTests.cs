using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;
using Score.Cli.Videos;

namespace Score.Cli.Features;

[TestFixture]
public sealed class DiskRoomTests
{
    private const long Free = 1_000_000_000;

    private static readonly ModelDescription s_tiny = VideoModel.Describe("tiny");

    /// <summary>A file has the tokens and a header of less than a kilobyte.</summary>
    [TestCase(TensorType.F32)]
    [TestCase(TensorType.BF16)]
    public void Estimate_SyntheticClips_IsWhatTheFilesTake(TensorType type)
    {
        using var folder = new TemporaryFolder();
        using var model = VideoModel.Load("tiny");
        VideoReference[] videos = [.. ((string[])["test-short-0", "test-medium-0", "test-image-0"]).Select(VideoReference.ToSynthetic)];
        foreach (var video in videos)
            FeatureFile.Write(folder.File(video.FileName), video.Encode(model, default), type);

        var estimate = new DiskRoom(s_tiny, new VideoModelOptions(), model.Info, type).Estimate(videos, default);

        Assert.That(Directory.GetFiles(folder.Path).Sum(file => new FileInfo(file).Length) - estimate, Is.InRange(0, 3 * 1024));
    }

    /// <summary>Of 100 videos 32 are looked at; half of all are short clips of 288 tokens, half stills of 36.</summary>
    [Test]
    public void Estimate_ManyVideos_IsThatOfASample()
    {
        VideoReference[] videos = [.. Enumerable.Range(0, 100).Select(index => VideoReference.ToSynthetic(index < 50 ? "test-short-0" : "test-image-0"))];
        var info = new VideoModelInfo("tiny", "f", 64) { DeepStackLevels = 3 };

        var estimate = new DiskRoom(s_tiny, new VideoModelOptions(), info, TensorType.F16).Estimate(videos, default);

        Assert.That(estimate, Is.EqualTo(100 * (288 + 36) / 2 * 64 * 4 * 2).Within(1));
    }

    [Test]
    public void Check_TooLittleRoom_SaysHowMuchIsNeededAndWhatHelps()
    {
        var needed = 8L * 36 * 64 * sizeof(float);
        var info = new VideoModelInfo("tiny", "f", 64);
        VideoReference[] videos = [VideoReference.ToSynthetic("test-short-0")];
        List<string> said = [];

        var enough = new DiskRoom(s_tiny, new VideoModelOptions(), info, TensorType.F32) { FreeBytes = _ => Free + needed };
        var less = new DiskRoom(s_tiny, new VideoModelOptions(), info, TensorType.F32) { FreeBytes = _ => Free + needed - 1 };
        enough.Check("features", videos, said.Add, default);

        Assert.That(said, Is.EqualTo(new[] { "1 video to encode, about 72.0 KiB; the disk has 953.7 MiB left" }));
        Assert.That(() => less.Check("features", videos, said.Add, default), Throws.TypeOf<IOException>().With.Message.EqualTo(
            "The feature files of 1 video take about 72.0 KiB, and the disk of 'features' has 953.7 MiB left, of which 953.7 MiB stay free. Name a folder of another disk, or store half as much with --feature-type bf16."));
        Assert.That(said, Has.Count.EqualTo(1));
    }

    [TestCase(0, 5, 60, "")]
    [TestCase(5, 0, 60, "")]
    [TestCase(6, 12, 30, ", 12 a minute, 1 min left")]
    [TestCase(3, 30, 120, ", 1.5 a minute, 20 min left")]
    [TestCase(2, 240, 60, ", 2 a minute, 2.0 h left")]
    public void Pace_OfWhatIsDone_TellsRateAndTimeLeft(int encoded, int left, int seconds, string expected) =>
        Assert.That(CorpusEncoder.Pace(encoded, left, TimeSpan.FromSeconds(seconds)), Is.EqualTo(expected));
}
