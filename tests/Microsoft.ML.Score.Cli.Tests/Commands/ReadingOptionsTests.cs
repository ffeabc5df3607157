using Microsoft.ML.Score.Models;

namespace Score.Cli.Commands;

[TestFixture]
public class ReadingOptionsTests
{
    [Test]
    public void Compress_CutVideo_WarnsOnceAndSucceeds()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("cut.mp4");
        FFmpegProgram.Run("-f", "lavfi", "-i", "testsrc=size=64x32:rate=10:duration=4", "-c:v", "mpeg4", "-movflags", "faststart", path);
        using (var file = File.OpenWrite(path))
            file.SetLength(file.Length * 2 / 3);

        var run = ScoreProgram.Run(VideoModel.Load("tiny"), CancellationToken.None, "compress", path, path);

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Error.Split('\n').Where(line => line.Contains("cannot be decoded", StringComparison.Ordinal)), Has.Exactly(1).Match(@"^score: warning: \d+ of 40 frames of '.*cut\.mp4'"));
    }

    [TestCase("0")]
    [TestCase("-1")]
    [TestCase("0,5")]
    [TestCase("1e9")]
    public void VideoTimeout_OutOfRange_IsWrongUsage(string seconds)
    {
        var run = ScoreProgram.Run(["compress", "synthetic:test-short-0", "--video-timeout", seconds]);

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")));
        Assert.That(run.Error, Does.Contain("--video-timeout must be a number of seconds above 0"));
    }
}
