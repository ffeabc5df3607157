namespace Microsoft.ML.Score.Video;

/// <summary>Files that once gave wrong frames or none; the right values are FFmpeg's own where it decodes frame after frame.</summary>
[TestFixture]
public class VideoCasesTests
{
    [TestCase("01-midstream-size", "cnt_chg.ts", 20, 48, 64, 10.0, 0)]
    [TestCase("03-edit-list", "el_mid.mp4", 20, 48, 64, 10.0, 0)]
    [TestCase("04-avi-null-frames", "gap.avi", 14, 48, 64, 14 / 3.0, 0)]
    [TestCase("05-undecodable-leading", "hevc_cut3.mp4", 40, 48, 64, 10.0, 1)]
    [TestCase("06-broken-sample", "zero_src264.mp4", 40, 48, 64, 40 / 6.0, 20)]
    [TestCase("07-variable-rate", "rec.webm", 60, 48, 64, 60 / 21.5, 0)]
    [TestCase("07-variable-rate", "rec_nodd.webm", 60, 48, 64, 60 / 21.5, 0)]
    [TestCase("02-exif-orientation", "exif6.jpg", 1, 64, 48, 25.0, 0)]
    [TestCase("08-percent-in-name", "shot%d.jpg", 1, 48, 64, 25.0, 0)]
    public void Open_Case_GivesWhatDecodes(string folder, string name, int frames, int height, int width, double rate, int missed)
    {
        FFmpegProgram.Require();

        var video = VideoFile.Open(RepositoryFolder.RequireShared("cases", folder, name));

        using (Assert.EnterMultipleScope())
        {
            Assert.That((video.FrameCount, video.Height, video.Width), Is.EqualTo((frames, height, width)));
            Assert.That(video.FramesPerSecond, Is.EqualTo(rate).Within(0.002));
            Assert.That(video.ReadFrames([.. Enumerable.Range(0, frames)]).Count(), Is.EqualTo(frames));
            Assert.That(video.Warning, missed == 0 ? Is.Null : Does.StartWith($"{missed} of {frames + missed} frames"));
        }
    }

    [Test]
    public void ReadFrames_SizeChangesMidway_GivesTheFramesAskedFor()
    {
        FFmpegProgram.Require();

        var video = VideoFile.Open(RepositoryFolder.RequireShared("cases", "01-midstream-size", "cnt_chg.ts"));

        Assert.That(video.ReadFrames([0, 6, 13, 19]).Select(frame => frame.ToArray().Average(value => value)).ToArray(), Is.EqualTo(new[] { 0.0, 55, 156, 211 }).Within(1.5));
        Assert.That(video.ReadFrames([12, 15]).Count(), Is.EqualTo(2));
    }

    [Test]
    public void ReadFrames_PercentInTheName_GivesTheFileNamed()
    {
        FFmpegProgram.Require();
        var folder = RepositoryFolder.RequireShared("cases", "08-percent-in-name", "shot1.jpg");
        var path = Path.Combine(Path.GetDirectoryName(folder)!, "shot%d.jpg");

        var first = VideoFile.Open(folder).ReadFrames([0]).Single().ToArray();
        var named = VideoFile.Open(path).ReadFrames([0]).Single().ToArray();

        Assert.That(first[0], Is.GreaterThan(200)); // the red neighbour
        Assert.That(named, Is.Not.EqualTo(first));
    }

    [Test]
    public void Open_JpegCutOff_SaysSo()
    {
        var path = RepositoryFolder.RequireShared("cases", "09-truncated-jpeg", "bigcut.jpg");

        Assert.That(
            () => VideoFile.Open(path),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains("bigcut.jpg").And.Message.Contains("cut off"));
    }

    [Test]
    public void Open_PlaylistNamedAsAVideo_IsRefused()
    {
        FFmpegProgram.Require();
        var path = RepositoryFolder.RequireShared("cases", "hostile", "m3u8_live.mp4");

        Assert.That(
            () => VideoFile.Open(path),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains("of the kind 'hls', which is not read"));
    }
}
