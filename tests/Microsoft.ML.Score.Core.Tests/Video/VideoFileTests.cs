using System.Buffers.Binary;
using Microsoft.ML.Score.Models.Qwen25VL;

namespace Microsoft.ML.Score.Video;

[TestFixture]
public class VideoFileTests
{
    private string _folder = null!;

    [SetUp]
    public void SetUp() => _folder = Directory.CreateTempSubdirectory().FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void ReadFrames_ScatteredIndices_GivesThoseFramesExactly()
    {
        var video = VideoFile.Open(FFmpegProgram.WriteCounting(_folder, 40));

        var frames = video.ReadFrames([0, 1, 7, 7, 20, 39]).Select(frame => frame.ToArray()).ToArray();

        using (Assert.EnterMultipleScope())
        {
            Assert.That((video.FrameCount, video.Height, video.Width, video.FramesPerSecond), Is.EqualTo((40, 8, 16, 10.0)));
            Assert.That(frames.Select(frame => (int)frame[0]), Is.EqualTo(new[] { 0, 1, 7, 7, 20, 39 }));
            Assert.That(frames[2][((3 * 16 + 5) * 3)..][..3], Is.EqualTo(new byte[] { 7, 50, 30 }));
        }
    }

    // The second number is more than a command line holds.
    [TestCase(700)]
    [TestCase(1500)]
    public void ReadFrames_ManyScatteredFrames_GivesThemAll(int count)
    {
        var video = VideoFile.Open(FFmpegProgram.WriteCounting(_folder, 2 * count));
        int[] indices = [.. Enumerable.Range(0, count).Select(i => 2 * i)];

        Assert.That(video.ReadFrames(indices).Select(frame => (int)frame.Span[0]).ToArray(), Is.EqualTo(indices.Select(index => index % 256)));
    }

    [Test]
    public void ReadFrames_NoIndices_GivesNothing()
    {
        Assert.That(VideoFile.Open(FFmpegProgram.WriteCounting(_folder, 2)).ReadFrames([]), Is.Empty);
    }

    [Test]
    public void ReadFrames_IndexOutside_Throws()
    {
        var video = VideoFile.Open(FFmpegProgram.WriteCounting(_folder, 2));

        Assert.That(() => video.ReadFrames([2]), Throws.ArgumentException);
    }

    [Test]
    public void ReadFrames_CancelledOnTheWay_StopsAndEndsTheProgram()
    {
        var video = VideoFile.Open(FFmpegProgram.WriteCounting(_folder, 300));
        using var cancellation = new CancellationTokenSource();

        Assert.That(
            () =>
            {
                foreach (var frame in video.ReadFrames([.. Enumerable.Range(0, 300)], cancellation.Token))
                    cancellation.Cancel();
            },
            Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void ReadFrames_FileCutAfterOpening_SaysAtWhichFrame()
    {
        var path = FFmpegProgram.WriteCounting(_folder, 200);
        var video = VideoFile.Open(path);
        using (var file = File.OpenWrite(path))
            file.SetLength(file.Length / 2);

        Assert.That(
            () => video.ReadFrames([199]).Count(),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains(path).And.Message.Contains("frame 199 of 200"));
    }

    [Test]
    public void ReadFrames_RotatedVideo_ComesUpright()
    {
        var (plain, rotated) = (Path.Combine(_folder, "plain.mp4"), Path.Combine(_folder, "rotated.mp4"));
        FFmpegProgram.Run("-f", "lavfi", "-i", "testsrc=size=64x32:rate=5:duration=1", "-c:v", "mpeg4", plain);
        File.WriteAllBytes(rotated, TurnedByAQuarter(File.ReadAllBytes(plain)));

        var video = VideoFile.Open(rotated);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((video.FrameCount, video.Height, video.Width), Is.EqualTo((5, 64, 32)));
            Assert.That(video.ReadFrames([4]).Single().Length, Is.EqualTo(64 * 32 * 3));
        }
    }

    [Test]
    public void Open_StillImage_IsOneFrame([Values("png", "jpg")] string extension)
    {
        var path = Path.Combine(_folder, $"picture.{extension}");
        FFmpegProgram.Run("-f", "lavfi", "-i", "testsrc=size=48x32:rate=1", "-frames:v", "1", path);

        var video = VideoFile.Open(path);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((video.FrameCount, video.Height, video.Width), Is.EqualTo((1, 32, 48)));
            Assert.That(video.ReadFrames([0]).Count(), Is.EqualTo(1));
        }
    }

    [Test]
    public void Open_StillImageOrVideo_SaysWhichItIs()
    {
        var path = Path.Combine(_folder, "picture.png");
        FFmpegProgram.Run("-f", "lavfi", "-i", "testsrc=size=48x32:rate=1", "-frames:v", "1", path);

        Assert.That(VideoFile.Open(path).IsStill, Is.True);
        Assert.That(VideoFile.Open(FFmpegProgram.WriteCounting(_folder, 2)).IsStill, Is.False);
    }

    [Test]
    public void Open_VariableFrameRate_GivesEveryFrameOnceAndTheAverageRate()
    {
        // Ten frames, the second five three times as far apart: 0, 0.1 ... 0.5, 0.8 ... s.
        var path = Path.Combine(_folder, "variable.mkv");
        FFmpegProgram.Run(
            "-f", "lavfi", "-i", $"color=black:size=16x8:rate=10,format=gbrp,{FFmpegProgram.CountingFrames},setpts='if(lt(N,5),N,5+3*(N-5))*0.1/TB'",
            "-frames:v", "10", "-vsync", "vfr", "-c:v", "ffv1", "-pix_fmt", "gbrp", path);

        var video = VideoFile.Open(path);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(video.FrameCount, Is.EqualTo(10));
            Assert.That(video.FramesPerSecond, Is.InRange(1, 20));
            Assert.That(video.ReadFrames([0, 4, 5, 9]).Select(frame => (int)frame.Span[0]), Is.EqualTo(new[] { 0, 4, 5, 9 }));
        }
    }

    [Test]
    public void Open_NoFrameCountInTheHeader_CountsByDecoding([Values("ts", "mkv", "webm")] string extension)
    {
        var path = Path.Combine(_folder, $"stream.{extension}");
        FFmpegProgram.Run("-f", "lavfi", "-i", "testsrc=size=64x32:rate=10:duration=1.5", "-c:v", extension == "webm" ? "libvpx" : "mpeg4", path);

        var video = VideoFile.Open(path);

        Assert.That(video.FrameCount, Is.EqualTo(15));
        Assert.That(video.ReadFrames([.. Enumerable.Range(0, 15)]).Count(), Is.EqualTo(15));
    }

    [TestCase(33, 17)]
    [TestCase(1, 1)]
    [TestCase(7, 200)]
    public void ReadFrames_OddSize_GivesWholeFrames(int width, int height)
    {
        var path = Path.Combine(_folder, "odd.mkv");
        FFmpegProgram.Run("-f", "lavfi", "-i", $"testsrc=size={width}x{height}:rate=5", "-frames:v", "3", "-c:v", "ffv1", "-pix_fmt", "bgr0", path);

        var video = VideoFile.Open(path);

        Assert.That((video.Width, video.Height), Is.EqualTo((width, height)));
        Assert.That(video.ReadFrames([0, 1, 2]).Select(frame => frame.Length), Is.All.EqualTo(width * height * 3));
    }

    [Test]
    public void Open_MissingFile_Throws()
    {
        Assert.That(() => VideoFile.Open(Path.Combine(_folder, "none.mp4")), Throws.InstanceOf<FileNotFoundException>().With.Message.Contains("none.mp4"));
    }

    [TestCase("")]
    [TestCase("this is no video, whatever its name may say")]
    public void Open_NoVideo_SaysWhichFile(string content)
    {
        FFmpegProgram.Require();
        var path = Path.Combine(_folder, "broken.mp4");
        File.WriteAllText(path, content);

        // FFmpeg's own message has an address, another one in every run.
        Assert.That(() => VideoFile.Open(path), Throws.InstanceOf<InvalidDataException>().With.Message.Contains(path).And.Message.Not.Contains("@ 0x"));
    }

    [Test]
    public void Open_SoundOnly_SaysThereIsNoVideoStream()
    {
        var path = Path.Combine(_folder, "sound.wav");
        FFmpegProgram.Run("-f", "lavfi", "-i", "sine=duration=0.2", path);

        Assert.That(() => VideoFile.Open(path), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("no video stream"));
    }

    [Test]
    public void Open_TruncatedFile_GivesWhatIsThereAndCountsWhatIsMissing()
    {
        var path = Path.Combine(_folder, "cut.mp4");
        FFmpegProgram.Run("-f", "lavfi", "-i", "testsrc=size=64x32:rate=10:duration=4", "-c:v", "mpeg4", "-movflags", "faststart", path);
        using (var file = File.OpenWrite(path))
            file.SetLength(file.Length * 2 / 3);

        var video = VideoFile.Open(path);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(video.FrameCount, Is.InRange(15, 35));
            Assert.That(video.ReadFrames([.. Enumerable.Range(0, video.FrameCount)]).Count(), Is.EqualTo(video.FrameCount));
            Assert.That(video.Warning, Does.StartWith($"{40 - video.FrameCount} of 40 frames of '{path}'"));
        }
    }

    [Test]
    public void ReadFrames_DamagedBytes_AreReadOrRefused()
    {
        var path = Path.Combine(_folder, "damaged.mp4");
        FFmpegProgram.Run("-f", "lavfi", "-i", "testsrc=size=64x32:rate=10:duration=1", "-c:v", "mpeg4", path);
        var bytes = File.ReadAllBytes(path);
        var random = new Random(4);
        for (var trial = 0; trial < 15; trial++)
        {
            var damaged = (byte[])bytes.Clone();
            for (var i = 0; i < 20; i++)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(path, damaged);
            try
            {
                var video = VideoFile.Open(path);
                Assert.That(video.ReadFrames([.. Enumerable.Range(0, video.FrameCount)]).Count(), Is.EqualTo(video.FrameCount));
            }
            catch (InvalidDataException exception)
            {
                Assert.That(exception.Message, Does.Contain(path));
            }
        }
    }

    [Test]
    public void Open_ProgramNotInstalled_SaysWhatToInstall()
    {
        var path = Path.Combine(_folder, "any.mp4");
        File.WriteAllText(path, "any");

        Assert.That(
            () => VideoFile.Open(path, new VideoReadOptions(), "no-such-ffprobe", "no-such-ffmpeg"),
            Throws.InvalidOperationException.With.Message.Contains("no-such-ffprobe").And.Message.Contains("apt install ffmpeg"));
    }

    [Test]
    public void Open_PlaylistOfAnotherFile_IsNotFollowedBeyondLocalFiles()
    {
        FFmpegProgram.Require();
        var path = Path.Combine(_folder, "list.m3u8");
        File.WriteAllText(path, "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n");

        Assert.That(() => VideoFile.Open(path), Throws.InstanceOf<InvalidDataException>().With.Message.Contains(path));
    }

    [TestCase("intel_bottle-detection.mp4", 1189, 360, 640, 179 / 6.0)]
    [TestCase("intel_car-detection.mp4", 377, 432, 768, 12.5)]
    [TestCase("intel_one-by-one-person-detection.mp4", 1394, 432, 768, 10.0)]
    [TestCase("mdn_flower.webm", 150, 540, 960, 30000 / 1001.0)]
    [TestCase("mdn_friday.mp4", 185, 480, 640, 30.0)]
    [TestCase("videoprism_water_bottle_drumming.mp4", 100, 512, 512, 12.0)]
    public void Open_RealClip_IsReadToItsLastFrame(string name, int frameCount, int height, int width, double framesPerSecond)
    {
        FFmpegProgram.Require();

        var video = VideoFile.Open(RepositoryFolder.RequireShared("data", "videos", name));

        using (Assert.EnterMultipleScope())
        {
            Assert.That((video.FrameCount, video.Height, video.Width), Is.EqualTo((frameCount, height, width)));
            Assert.That(video.FramesPerSecond, Is.EqualTo(framesPerSecond).Within(1e-9));
            Assert.That(video.ReadFrames([0, frameCount - 1]).Count(), Is.EqualTo(2));
        }
    }

    [Test]
    public void ReadSteps_RealClip_GivesTheGridOfTheReleasedModel()
    {
        FFmpegProgram.Require();
        var video = VideoFile.Open(RepositoryFolder.RequireShared("data", "videos", "mdn_friday.mp4"));

        var processor = new QwenVideoProcessor(new QwenProcessorConfig(), video);

        using (Assert.EnterMultipleScope())
        {
            // 185 frames at 30 a second: 12 are sampled, 480x640 fits the budget as 476x644.
            Assert.That((processor.TimeSteps, processor.GridHeight, processor.GridWidth), Is.EqualTo((6, 34, 46)));
            Assert.That(processor.SecondsPerStep, Is.EqualTo(2 / (12 / 185.0 * 30)).Within(1e-12));
            Assert.That(processor.ReadSteps().Select(step => step.Length), Is.All.EqualTo(34 * 46 * 1176).And.Exactly(6).Items);
        }
    }

    /// <summary>An MP4 file of one track with another matrix in its track header (ISO/IEC 14496-12, 8.3.2): FFmpeg's option for it has changed between versions.</summary>
    private static byte[] TurnedByAQuarter(byte[] file)
    {
        const int nameToVolume = 44, one = 1 << 16, oneOfLast = 1 << 30;
        var matrix = file.AsSpan(file.AsSpan().IndexOf("tkhd"u8) + nameToVolume);
        int[] quarter = [0, one, 0, -one, 0, 0, 0, 0, oneOfLast];
        for (var i = 0; i < quarter.Length; i++)
            BinaryPrimitives.WriteInt32BigEndian(matrix[(i * sizeof(int))..], quarter[i]);
        return file;
    }
}
