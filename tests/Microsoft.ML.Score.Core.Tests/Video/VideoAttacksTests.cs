using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.Score.Video;

/// <summary>
/// Files that are made to hang a reader, or to show what is not theirs: each is refused in a part of the time that a reader may stand still, by its own name, and leaves no
/// process. Beside them lies a video that none of them may show.
/// </summary>
[TestFixture]
[Platform(Exclude = "Win", Reason = "Links, pipes and /proc.")]
public class VideoAttacksTests
{
    private static readonly TimeSpan s_most = TimeSpan.FromSeconds(20);

    private string _made = null!;
    private string _folder = null!;
    private string _secret = null!;

    private static IEnumerable<TestCaseData> Texts()
    {
        const string Live = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\nsecret.ts\n";
        const string Done = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{0}\n#EXT-X-ENDLIST\n";
        (string Name, string Content)[] attacks =
        [
            ("live.mp4", Live),
            ("live.m3u8", Live),
            ("byte-order-mark.mp4", "\uFEFF" + Live),
            ("relative.mkv", string.Format(CultureInfo.InvariantCulture, Done, "secret.ts")),
            ("parent.mp4", string.Format(CultureInfo.InvariantCulture, Done, "../FOLDER/secret.ts")),
            ("absolute.ts", string.Format(CultureInfo.InvariantCulture, Done, "SECRET")),
            ("address.mp4", string.Format(CultureInfo.InvariantCulture, Done, "http://127.0.0.1:9/a.ts")),
            ("as-file.mp4", string.Format(CultureInfo.InvariantCulture, Done, "file:SECRET")),
            ("of-lists.mp4", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlive.m3u8\n"),
            ("key.mp4", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-KEY:METHOD=AES-128,URI=\"SECRET\"\n#EXTINF:1,\nsecret.ts\n#EXT-X-ENDLIST\n"),
            ("concat.mp4", "ffconcat version 1.0\nfile 'secret.ts'\n"),
            ("concat.ffconcat", "ffconcat version 1.0\nfile 'SECRET'\n"),
            ("nested.mp4", "ffconcat version 1.0\nfile 'live.m3u8'\n"),
            ("dash.mp4", "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"dynamic\" profiles=\"urn:mpeg:dash:profile:isoff-live:2011\"><Period><AdaptationSet mimeType=\"video/mp2t\"><Representation id=\"1\" bandwidth=\"1\"><BaseURL>SECRET</BaseURL></Representation></AdaptationSet></Period></MPD>\n"),
            ("session.sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n"),
            ("session.mp4", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n"),
            ("img%d.png", "no picture"),
            ("img*.jpg", "no picture"),
            ("drawing.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"64\" height=\"48\"><image width=\"64\" height=\"48\" xlink:href=\"img1.png\"/></svg>"),
            ("subtitles.idx", "# VobSub index file, v7 (do not modify this line!)\nid: en, index: 0\ntimestamp: 00:00:00:000, filepos: 000000000\n"),
            ("package.xml", "<?xml version=\"1.0\"?>\n<CompositionPlaylist xmlns=\"http://www.smpte-ra.org/schemas/2067-3/2016\"><Id>urn:uuid:1</Id></CompositionPlaylist>\n"),
            ("stream.rtsp", "rtsp://127.0.0.1:9/x\n"),
            ("text.ans", "password: secret\r\n"),
            ("metadata.mp4", ";FFMETADATA1\ntitle=x\n"),
            ("filters.mp4", "movie=SECRET\n"),
        ];
        return attacks.Select(attack => new TestCaseData(attack.Name, attack.Content).SetArgDisplayNames(attack.Name));
    }

    [OneTimeSetUp]
    public void MakeFiles()
    {
        FFmpegProgram.Require();
        _made = Directory.CreateTempSubdirectory().FullName;
        FFmpegProgram.Run([.. CounterVideo.Input(4, first: 90, rate: 25), "-c:v", "mpeg2video", Path.Combine(_made, "secret.ts")]);
        FFmpegProgram.Run([.. CounterVideo.Input(2, first: 90), Path.Combine(_made, "img%d.png")]);
        FFmpegProgram.Run([.. CounterVideo.Input(2, first: 90), Path.Combine(_made, "img%d.jpg")]);
    }

    [OneTimeTearDown]
    public void RemoveFiles()
    {
        if (_made is not null)
            Directory.Delete(_made, recursive: true);
    }

    [SetUp]
    public void SetUp()
    {
        _folder = Directory.CreateTempSubdirectory().FullName;
        foreach (var file in Directory.GetFiles(_made))
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        _secret = Path.Combine(_folder, "secret.ts");
    }

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [TestCaseSource(nameof(Texts))]
    public void Open_TextThatNamesOthers_IsRefused(string name, string content)
    {
        File.WriteAllText(Path.Combine(_folder, "live.m3u8"), "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsecret.ts\n");
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, content.Replace("SECRET", _secret, StringComparison.Ordinal).Replace("FOLDER", Path.GetFileName(_folder), StringComparison.Ordinal));

        AssertRefused(path);
    }

    [Test]
    public void Open_LinkToADevice_IsRefused([Values("/dev/zero", "/dev/random", "/dev/stdin", "/dev/tty", "/dev/full")] string device)
    {
        var path = Path.Combine(_folder, "device.mp4");
        File.CreateSymbolicLink(path, device);

        AssertRefused(path);
    }

    [Test]
    public void Open_PipeOrLinkToOne_IsRefused([Values(0, 1, 3)] int links)
    {
        var path = Path.Combine(_folder, "pipe.mp4");
        Process.Start("mkfifo", path).WaitForExit();
        for (var link = 0; link < links; link++)
            path = File.CreateSymbolicLink(Path.Combine(_folder, $"link{link}.mp4"), path).FullName;

        AssertRefused(path);
    }

    [Test]
    public void Open_LinksInACircleOrToNothing_AreRefused()
    {
        var (first, second) = (Path.Combine(_folder, "first.mp4"), Path.Combine(_folder, "second.mp4"));
        File.CreateSymbolicLink(first, second);
        AssertRefused(first);
        File.CreateSymbolicLink(second, first);
        AssertRefused(first);
    }

    [Test]
    public void Open_PictureOfTooManyPixels_IsRefusedUndecoded()
    {
        var path = Path.Combine(_folder, "large.png");
        FFmpegProgram.Run("-f", "lavfi", "-i", "color=black:size=400x300", "-frames:v", "1", path);

        Assert.That(
            () => VideoFile.Open(path, new VideoReadOptions { MaxPixels = 400 * 300 - 1 }),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains(path).And.Message.Contains("more than 119999 pixels"));
        Assert.That(
            () => VideoFile.Open(path, new VideoReadOptions { MaxPixels = 400 }), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("more than 400 pixels"));
        Assert.That(VideoFile.Open(path, new VideoReadOptions { MaxPixels = 400 * 300 }).Width, Is.EqualTo(400));
    }

    [Test]
    public void Open_ProgramThatSaysNothing_IsGivenUp()
    {
        var program = WriteProgram("sleep 60");

        Assert.That(
            () => VideoFile.Open(_secret, new VideoReadOptions { ProgressTimeout = TimeSpan.FromSeconds(0.5) }, program, "ffmpeg"),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains(_secret).And.Message.Contains("no progress for 0.5 s"));
        Assert.That(Children, Is.Empty.After(2000, 50));
    }

    [Test]
    public void ReadFrames_ProgramThatSaysNothing_IsGivenUp()
    {
        var video = VideoFile.Open(_secret, new VideoReadOptions { ProgressTimeout = TimeSpan.FromSeconds(0.5) }, "ffprobe", WriteProgram("exec sleep 60"));

        Assert.That(() => video.ReadFrames([0]).Count(), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("no progress for 0.5 s"));
        Assert.That(Children, Is.Empty.After(2000, 50));
    }

    [TestCase("KILL", 9)]
    [TestCase("TERM", 15)]
    public void OpenAndReadFrames_ProgramEndedByASignal_SayWhich(string signal, int number)
    {
        var program = WriteProgram($"kill -{signal} $$");
        var video = VideoFile.Open(_secret, new VideoReadOptions(), "ffprobe", program);

        Assert.That(() => VideoFile.Open(_secret, new VideoReadOptions(), program, "ffmpeg"),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains(_secret).And.Message.Contains($"ended by signal {number}"));
        Assert.That(() => video.ReadFrames([0]).Count(), Throws.InstanceOf<InvalidDataException>().With.Message.Contains(_secret).And.Message.Contains($"ended by signal {number}"));
    }

    /// <summary>What ffprobe writes of five and a half hours at 25 frames a second.</summary>
    [Test]
    public void Open_HalfAMillionFrames_HoldsNoneOfTheirLines()
    {
        var lines = Path.Combine(_folder, "lines");
        File.WriteAllLines(lines,
        [
            .. Enumerable.Repeat("packet|flags=K__\nframe|width=16|height=8|pix_fmt=gbrp|best_effort_timestamp_time=N/A|duration_time=0.040000", 500_000),
            "stream|codec_name=h264|avg_frame_rate=25/1|r_frame_rate=25/1|nb_frames=500000",
        ]);
        var program = WriteProgram($"exec cat '{lines}'");
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var watch = new MemoryWatch();
        VideoFile video;
        using (watch)
            video = VideoFile.Open(_secret, new VideoReadOptions(), program, "ffmpeg");

        Assert.That((video.FrameCount, video.Width, video.FramesPerSecond), Is.EqualTo((500_000, 16, 25.0)));
        Assert.That(GC.GetTotalMemory(forceFullCollection: true) - before, Is.LessThan(1 << 20));
        Assert.That(watch.PeakResident - watch.StartResident, Is.LessThan(100L << 20));
    }

    [Test]
    public void ReadFrames_LeftOnTheWay_LeavesNoProcess()
    {
        var video = VideoFile.Open(_secret);
        for (var i = 0; i < 5; i++)
            Assert.That(video.ReadFrames([0, 1, 2, 3]).First().Length, Is.EqualTo(video.Height * video.Width * 3));

        Assert.That(Children, Is.Empty.After(2000, 50));
    }

    private void AssertRefused(string path)
    {
        var clock = Stopwatch.StartNew();

        var exception = Assert.Catch(() => VideoFile.Open(path).ReadFrames([0]).Count());

        using (Assert.EnterMultipleScope())
        {
            Assert.That(exception, Is.InstanceOf<InvalidDataException>().Or.InstanceOf<FileNotFoundException>());
            Assert.That(exception?.Message, Does.Contain(path).And.Not.Contains("@ 0x"));
            Assert.That(clock.Elapsed, Is.LessThan(s_most));
            Assert.That(Children, Is.Empty.After(2000, 50));
        }
    }

    /// <summary>The programs that this process has started and that still run.</summary>
    private static IEnumerable<string> Children() => Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0])).Select(folder =>
    {
        try
        {
            // "123 (name) S 45 ...": identity, name, state, parent.
            var text = File.ReadAllText(Path.Combine(folder, "stat"));
            var name = text[(text.IndexOf('(', StringComparison.Ordinal) + 1)..text.LastIndexOf(')')];
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] != "Z" && int.Parse(fields[1], CultureInfo.InvariantCulture) == Environment.ProcessId ? name : null;
        }
        catch (IOException)
        {
            return null; // it has ended
        }
    }).OfType<string>();

    private string WriteProgram(string body)
    {
        var path = Path.Combine(_folder, "program");
        File.WriteAllText(path, $"#!/bin/sh\n{body}\n");
        Process.Start("chmod", ["755", path]).WaitForExit();
        return path;
    }
}
