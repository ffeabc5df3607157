using System.Diagnostics;
using Microsoft.ML.Score.Video;

namespace Score.Mutations;

/// <summary>Half a second of a moving test pattern in the containers and picture formats that FFmpeg reads for us.</summary>
internal static class VideoFormats
{
    private static readonly (string Name, string File, string[] Arguments)[] s_formats =
    [
        ("mp4 (H.264)", "clip.mp4", ["-c:v", "libx264", "-pix_fmt", "yuv420p"]),
        ("mp4 (fragmented)", "fragments.mp4", ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", "frag_keyframe+empty_moov"]),
        ("mov (MPEG-4)", "clip.mov", ["-c:v", "mpeg4"]),
        ("mkv (H.265)", "clip.mkv", ["-c:v", "libx265", "-x265-params", "log-level=none"]),
        ("webm (VP9)", "clip.webm", ["-c:v", "libvpx-vp9"]),
        ("avi (MPEG-4)", "clip.avi", ["-c:v", "mpeg4"]),
        ("ts (MPEG-2)", "clip.ts", ["-c:v", "mpeg2video"]),
        ("flv", "clip.flv", ["-c:v", "flv"]),
        ("wmv", "clip.wmv", ["-c:v", "wmv2"]),
        ("ogv (Theora)", "clip.ogv", ["-c:v", "libtheora"]),
        ("gif", "clip.gif", []),
        ("jpg", "still.jpg", ["-frames:v", "1"]),
        ("png", "still.png", ["-frames:v", "1"]),
        ("webp", "still.webp", ["-frames:v", "1"]),
        ("bmp", "still.bmp", ["-frames:v", "1"]),
        ("tiff", "still.tiff", ["-frames:v", "1"]),
    ];

    /// <summary>A damaged header may claim a picture that is sound and huge: the limit is what keeps it small.</summary>
    private static readonly VideoReadOptions s_reading = new() { MaxPixels = 1 << 20 };

    /// <summary>The formats that the installed FFmpeg can write; the others are named and left out.</summary>
    public static IEnumerable<MutatedFormat> All(TemporaryFolder scratch)
    {
        foreach (var (name, file, arguments) in s_formats)
        {
            var path = scratch.File(file);
            if (TryWrite(path, arguments))
                yield return MutatedFormat.Of($"video {name}", path, () => ReadAll(path));
            else
                Console.WriteLine($"left out: FFmpeg cannot write {name} here");
        }
    }

    private static bool TryWrite(string path, string[] arguments)
    {
        using var ffmpeg = Process.Start(new ProcessStartInfo(
            "ffmpeg", ["-v", "quiet", "-y", "-f", "lavfi", "-i", "testsrc=duration=0.5:size=48x32:rate=10", .. arguments, path]))!;
        ffmpeg.WaitForExit();
        return ffmpeg.ExitCode == 0 && new FileInfo(path) is { Exists: true, Length: > 0 };
    }

    private static void ReadAll(string path)
    {
        var video = VideoFile.Open(path, s_reading);
        foreach (var _ in video.ReadFrames([.. Enumerable.Range(0, Math.Min(64, video.FrameCount))]))
        {
        }
    }
}
