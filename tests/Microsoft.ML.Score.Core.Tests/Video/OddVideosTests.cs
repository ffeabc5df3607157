using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.Score.Video;

/// <summary>
/// Frames asked for are frames got, in every container: each video is made here, with its number drawn into every frame, and damaged where
/// the case says so. What a damaged one holds is told by ffmpeg, which decodes it from end to end with no filter that picks frames.
/// </summary>
[TestFixture]
public class OddVideosTests
{
    private const int Frames = 24;

    private static readonly string[] s_h264 = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "8", "-bf", "2"];
    private static readonly string[] s_hevc = ["-c:v", "libx265", "-pix_fmt", "yuv420p", "-x265-params", "log-level=none:keyint=8:min-keyint=8:open-gop=1:scenecut=0"];
    private static readonly string[] s_vp8 = ["-c:v", "libvpx", "-pix_fmt", "yuv420p", "-g", "8", "-b:v", "1M"];
    private static readonly string[] s_vp9 = ["-c:v", "libvpx-vp9", "-pix_fmt", "yuv420p", "-g", "8", "-b:v", "1M"];
    private static readonly string[] s_mpeg4 = ["-c:v", "mpeg4", "-pix_fmt", "yuv420p", "-g", "8", "-q:v", "3"];
    private static readonly string[] s_mpeg2 = ["-c:v", "mpeg2video", "-pix_fmt", "yuv420p", "-g", "8", "-q:v", "3"];
    private static readonly string[] s_flv = ["-c:v", "flv", "-pix_fmt", "yuv420p", "-g", "8", "-q:v", "3"];
    private static readonly string[] s_wmv = ["-c:v", "wmv2", "-pix_fmt", "yuv420p", "-g", "8", "-q:v", "3"];
    private static readonly string[] s_gif = [];

    private readonly Dictionary<(string Extension, int First), byte[]> _named = [];
    private string _folder = null!;

    [OneTimeSetUp]
    public void RequireFFmpeg() => FFmpegProgram.Require();

    [SetUp]
    public void SetUp() => _folder = Directory.CreateTempSubdirectory().FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    private static IEnumerable<TestCaseData> Containers()
    {
        foreach (var (extension, codec) in Plain())
            yield return new TestCaseData(extension, codec).SetArgDisplayNames(extension, codec.Length > 1 ? codec[1] : extension);
    }

    private static IEnumerable<(string Extension, string[] Codec)> Plain() =>
    [
        ("mp4", s_h264), ("mkv", s_h264), ("webm", s_vp8), ("webm", s_vp9), ("avi", s_mpeg4), ("ts", s_h264), ("ts", s_mpeg2), ("flv", s_flv), ("flv", s_h264), ("gif", s_gif), ("wmv", s_wmv), ("mp4", s_hevc),
    ];

    [TestCaseSource(nameof(Containers))]
    public void ReadFrames_Plain_GivesTheFramesAskedFor(string extension, string[] codec)
    {
        var rate = codec == s_mpeg2 ? 25 : 10;
        var path = Write($"plain.{extension}", codec, CounterVideo.Input(Frames, rate: rate));

        var video = AssertFrames(path, Enumerable.Range(0, Frames), warns: false);

        Assert.That(video.FramesPerSecond, Is.EqualTo(rate).Within(1e-9));
    }

    // Without times, and at rates other than those of ffmpeg's output.
    [TestCase("h264", "h264", 10)]
    [TestCase("h264", "h264", 5)]
    [TestCase("hevc", "hevc", 10)]
    [TestCase("m2v", "mpeg2video", 25)]
    [TestCase("mjpeg", "mjpeg", 10)]
    [TestCase("y4m", "wrapped", 10)]
    [TestCase("ivf", "vp8", 10)]
    [TestCase("apng", "apng", 10)]
    [TestCase("avi", "mpeg4", 1)]
    [TestCase("mkv", "h264", 100)]
    public void ReadFrames_OtherRatesAndRawStreams_GivesTheFramesAskedFor(string extension, string codec, int rate)
    {
        string[] encoder = codec switch
        {
            "h264" => s_h264,
            "hevc" => s_hevc,
            "vp8" => s_vp8,
            "mpeg4" => s_mpeg4,
            "mpeg2video" => s_mpeg2,
            "mjpeg" => ["-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p"],
            "apng" => ["-f", "apng"],
            _ => ["-pix_fmt", "yuv420p"],
        };
        var path = Write($"other.{extension}", encoder, CounterVideo.Input(Frames, rate: rate));

        AssertFrames(path, Enumerable.Range(0, Frames), warns: extension == "m2v" ? null : false);
    }

    // Where a codec's frames carry their size, packets of streams of two sizes follow one another.
    [TestCase("ts", "h264")]
    [TestCase("mpg", "mpeg2video")]
    [TestCase("webm", "vp8")]
    [TestCase("webm", "vp9")]
    [TestCase("flv", "flv")]
    [TestCase("avi", "mjpeg")]
    public void ReadFrames_SizeChangesMidway_GivesTheFramesAskedFor(string extension, string codec)
    {
        string[] encoder = codec switch { "h264" => s_h264, "vp8" => s_vp8, "vp9" => s_vp9, "flv" => s_flv, "mjpeg" => ["-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p"], _ => s_mpeg2 };
        var first = Write($"a.{extension}", encoder, CounterVideo.Input(10, rate: 25));
        var second = Write($"b.{extension}", encoder, CounterVideo.Input(14, width: 80, height: 96, first: 10, rate: 25));
        var path = Joined(extension, first, second);

        // FFmpeg's decoder of MPEG-2 loses the frame that it holds back when the size changes.
        var video = AssertFrames(path, codec == "mpeg2video" ? Decoded(path) : Enumerable.Range(0, Frames), warns: null);

        Assert.That((video.Height, video.Width), Is.EqualTo((48, 64)));
    }

    [TestCase("yuv420p", "yuv444p")]
    [TestCase("yuv444p", "yuv420p")]
    [TestCase("yuv420p", "yuv420p10le")]
    public void ReadFrames_FormatChangesMidway_GivesTheFramesAskedFor(string before, string after)
    {
        var first = Write("a.ts", [.. s_h264, "-pix_fmt", before], CounterVideo.Input(10));
        var second = Write("b.ts", [.. s_h264, "-pix_fmt", after], CounterVideo.Input(14, first: 10));

        AssertFrames(Joined("ts", first, second), Enumerable.Range(0, Frames), warns: null);
    }

    [TestCase("mp4")]
    [TestCase("mov")]
    public void ReadFrames_EditListCutsTheStart_GivesWhatIsShown(string extension)
    {
        var whole = Write($"whole.{extension}", s_h264, CounterVideo.Input(40));
        var path = Path.Combine(_folder, $"cut.{extension}");
        FFmpegProgram.Run("-ss", "1.1", "-i", whole, "-t", "1.5", "-c", "copy", path);

        var video = AssertFrames(path, Decoded(path), warns: false);

        Assert.That(Numbers(video, [0]), Is.EqualTo(new[] { 11 }));
        Assert.That(video.FrameCount, Is.InRange(14, 18));
        Assert.That(video.FramesPerSecond, Is.EqualTo(10).Within(0.01));
    }

    // Twelve frames at 0.1 s, then six at 0.5 s; the last stays 0.5 s, or as long as the container keeps.
    [TestCase("mp4")]
    [TestCase("mkv")]
    [TestCase("webm")]
    [TestCase("avi")]
    [TestCase("ts")]
    [TestCase("flv")]
    [TestCase("gif")]
    [TestCase("wmv")]
    public void ReadFrames_VariableRate_GivesEveryFrameOnceAndTheAverageRate(string extension)
    {
        var codec = Plain().First(plain => plain.Extension == extension).Codec;
        var path = Write(
            $"variable.{extension}", [.. codec, "-vsync", "vfr"], CounterVideo.Input(18, filters: ",setpts='if(lt(N,12),N,12+5*(N-12))*0.1/TB'"));

        var video = AssertFrames(path, Enumerable.Range(0, 18), warns: false);

        Assert.That(18 / video.FramesPerSecond, Is.InRange(3.79, 4.21));
    }

    [TestCase("mp4")]
    [TestCase("mkv")]
    [TestCase("webm")]
    [TestCase("avi")]
    [TestCase("ts")]
    [TestCase("flv")]
    [TestCase("wmv")]
    public void ReadFrames_CutOff_GivesWhatDecodes(string extension)
    {
        var codec = Plain().First(plain => plain.Extension == extension).Codec;
        var path = Write($"cut.{extension}", extension == "mp4" ? [.. codec, "-movflags", "faststart"] : codec, CounterVideo.Input(60));
        using (var file = File.OpenWrite(path))
            file.SetLength(file.Length * 6 / 10);

        AssertFrames(path, Decoded(path), warns: extension == "mp4" ? true : null);
    }

    [TestCase("mp4")]
    [TestCase("mkv")]
    [TestCase("webm")]
    [TestCase("avi")]
    [TestCase("ts")]
    [TestCase("flv")]
    [TestCase("wmv")]
    public void ReadFrames_PacketsZeroed_GivesWhatDecodes(string extension)
    {
        var codec = Plain().First(plain => plain.Extension == extension).Codec;
        var path = Write($"broken.{extension}", codec, CounterVideo.Input(60));
        ZeroPackets(path, [20, 43]);

        AssertFrames(path, Decoded(path), warns: null);
    }

    [TestCase("ts")]
    [TestCase("mpg")]
    public void ReadFrames_StartCutOff_GivesWhatDecodes(string extension)
    {
        var path = Write($"late.{extension}", extension == "ts" ? s_h264 : s_mpeg2, CounterVideo.Input(60, rate: 25));
        var bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[(bytes.Length / 3 / 188 * 188)..]);

        AssertFrames(path, Decoded(path), warns: null);
    }

    [Test]
    public void ReadFrames_OpenGroupCutWithoutReencoding_GivesWhatDecodesAndCountsTheRest([Values("mp4", "mkv")] string extension)
    {
        var whole = Write("whole.mkv", s_hevc, CounterVideo.Input(40));
        var path = Path.Combine(_folder, $"cut.{extension}");
        FFmpegProgram.Run("-ss", "0.9", "-i", whole, "-c", "copy", path);

        AssertFrames(path, Decoded(path), warns: null);
    }

    [Test]
    public void ReadFrames_OddName_ReadsTheFileNamed(
        [Values("mp4", "gif", "png", "jpg")] string extension,
        [Values("%d", "%03d", "*", "?", "[1]{2}", "a:b", "'\"$(x) ;|&", "line\nbreak", "\u00E9\u4E2D\U0001F600", "-i")] string name)
    {
        var path = Path.Combine(_folder, $"{name}.{extension}");
        foreach (var (file, first) in new[] { ("1", 40), ("001", 40), ("2", 40), ("a", 40), (name, 7) })
            File.WriteAllBytes(Path.Combine(_folder, $"{file}.{extension}"), Named(extension, first));

        var video = VideoFile.Open(path);

        Assert.That(Numbers(video, [.. Enumerable.Range(0, video.FrameCount)]), Is.EqualTo(extension is "png" or "jpg" ? new[] { 7 } : [7, 8, 9]));
    }

    private byte[] Named(string extension, int first)
    {
        if (_named.TryGetValue((extension, first), out var bytes))
            return bytes;
        string[] codec = extension == "mp4" ? s_h264 : extension == "gif" ? [] : ["-frames:v", "1", "-update", "1"];
        return _named[(extension, first)] = File.ReadAllBytes(Write($"made.{extension}", codec, CounterVideo.Input(3, first: first)));
    }

    [Test]
    public void ReadFrames_SoundLongerThanTheVideo_GivesTheVideosRate([Values("mp4", "mkv")] string extension)
    {
        var path = Path.Combine(_folder, $"sound.{extension}");
        FFmpegProgram.Run([.. CounterVideo.Input(Frames), "-f", "lavfi", "-i", "sine=duration=9", .. s_h264, path]);

        var video = AssertFrames(path, Enumerable.Range(0, Frames), warns: false);

        Assert.That(video.FramesPerSecond, Is.EqualTo(10).Within(1e-9));
    }

    [Test]
    public void ReadFrames_TimesJumpAheadAndBack_GivesTheRateOfTheFrames()
    {
        var here = File.ReadAllBytes(Write("a.ts", s_h264, CounterVideo.Input(8)));
        var far = File.ReadAllBytes(Write("b.ts", [.. s_h264, "-output_ts_offset", "9000"], CounterVideo.Input(8, first: 8)));
        var path = Path.Combine(_folder, "jumps.ts");
        File.WriteAllBytes(path, [.. here, .. far, .. here]);

        var video = AssertFrames(path, [.. Enumerable.Range(0, 16), .. Enumerable.Range(0, 8)], warns: null);

        Assert.That(video.FramesPerSecond, Is.EqualTo(10).Within(0.5));
    }

    [Test]
    public void ReadFrames_StreamsPutTogether_GivesAllFramesAtTheirRate()
    {
        var first = Write("a.ts", s_h264, CounterVideo.Input(10));
        var second = Write("b.ts", s_h264, CounterVideo.Input(14, first: 10));
        var path = Path.Combine(_folder, "both.ts");
        File.WriteAllBytes(path, [.. File.ReadAllBytes(first), .. File.ReadAllBytes(second)]);

        var video = AssertFrames(path, Enumerable.Range(0, Frames), warns: null);

        Assert.That(video.FramesPerSecond, Is.EqualTo(10).Within(0.5));
    }

    private string Write(string name, string[] codec, string[] input)
    {
        var path = Path.Combine(_folder, name);
        FFmpegProgram.Run([.. input, .. codec, path]);
        return path;
    }

    private string Joined(string extension, string first, string second)
    {
        var (list, path) = (Path.Combine(_folder, "list.txt"), Path.Combine(_folder, $"joined.{extension}"));
        if (extension is "ts" or "mpg")
        {
            File.WriteAllBytes(path, [.. File.ReadAllBytes(first), .. File.ReadAllBytes(second)]);
            return path;
        }

        File.WriteAllText(list, $"file '{first}'\nfile '{second}'\n");
        FFmpegProgram.Run("-f", "concat", "-safe", "0", "-i", list, "-c", "copy", path);
        return path;
    }

    private static VideoFile AssertFrames(string path, IEnumerable<int> numbers, bool? warns)
    {
        int[] expected = [.. numbers];
        var video = VideoFile.Open(path);
        int[] scattered = [.. Enumerable.Range(0, expected.Length).Where(index => index % 5 is 1 or 3 || index == expected.Length - 1)];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(expected, Is.Not.Empty);
            Assert.That(Numbers(video, [.. Enumerable.Range(0, video.FrameCount)]), Is.EqualTo(expected));
            Assert.That(Numbers(video, scattered), Is.EqualTo(scattered.Select(index => expected[index])));
            Assert.That(Numbers(video, [expected.Length - 1]), Is.EqualTo(expected[^1..]));
            if (warns is { } must)
                Assert.That(video.Warning, must ? Is.Not.Null : Is.Null);
        }

        return video;
    }

    private static int[] Numbers(VideoFile video, int[] indices) => [.. video.ReadFrames(indices).Select(frame => CounterVideo.Read(frame.Span, video.Height, video.Width))];

    /// <summary>The numbers of all frames, as ffmpeg gives them on one thread.</summary>
    private static int[] Decoded(string path)
    {
        string[] arguments = ["-v", "quiet", "-nostdin", "-threads", "1", "-i", path, "-map", "0:V:0", "-vf", "scale=64:48", "-vsync", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"];
        using var process = Process.Start(new ProcessStartInfo("ffmpeg", arguments) { RedirectStandardOutput = true })!;
        using var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        return [.. output.ToArray().Chunk(64 * 48 * 3).Select(frame => CounterVideo.Read(frame, 48, 64))];
    }

    private static void ZeroPackets(string path, int[] packets)
    {
        using var process = Process.Start(new ProcessStartInfo("ffprobe", ["-v", "error", "-select_streams", "v:0", "-show_entries", "packet=pos,size", "-of", "csv=p=0", path]) { RedirectStandardOutput = true })!;
        var places = process.StandardOutput.ReadToEnd().Split('\n').Select(line => line.Trim().Split(',')).Where(fields => fields.Length >= 2).ToArray();
        using var file = File.OpenWrite(path);
        foreach (var packet in packets)
        {
            // Two thirds of it: where the place is a packet of transport, its header stays.
            var (size, position) = (int.Parse(places[packet][0], CultureInfo.InvariantCulture), long.Parse(places[packet][1], CultureInfo.InvariantCulture));
            file.Position = position + size / 3;
            file.Write(new byte[size - size / 3]);
        }
    }
}
