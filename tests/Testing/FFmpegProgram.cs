using System.Diagnostics;

namespace Microsoft.ML.Score.Testing;

/// <summary>Makes small video files for tests with the ffmpeg program; the test is ignored where it is not installed.</summary>
public static class FFmpegProgram
{
    /// <summary>Frame n of 16x8 pixels has red = n % 256, green = 10 * column, blue = 10 * row; stored without loss.</summary>
    public const string CountingFrames = "geq=r='mod(N,256)':g='10*X':b='10*Y'";

    // Many times what the largest of these videos takes.
    private static readonly TimeSpan s_most = TimeSpan.FromMinutes(2);

    public static void Require()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("ffmpeg", "-version") { RedirectStandardOutput = true });
            process!.StandardOutput.ReadToEnd();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // Reading video files is the one part of the product that needs a program of others; all else is tested without it.
            Assert.Ignore("Needs the programs ffmpeg and ffprobe.");
        }
    }

    /// <summary>Writes an uncompressed video of <see cref="CountingFrames"/>.</summary>
    public static string WriteCounting(string folder, int frames, string name = "counting.avi")
    {
        var path = Path.Combine(folder, name);
        Run("-f", "lavfi", "-i", $"color=black:size=16x8:rate=10,format=gbrp,{CountingFrames}", "-frames:v", $"{frames}", "-c:v", "rawvideo", "-pix_fmt", "bgr24", path);
        return path;
    }

    public static void Run(params string[] arguments)
    {
        Require();
        using var process = Process.Start(new ProcessStartInfo("ffmpeg", ["-v", "error", "-nostdin", "-y", .. arguments]) { RedirectStandardError = true });
        using var limit = new Timer(_ => process!.Kill(), null, s_most, Timeout.InfiniteTimeSpan);
        var errors = process!.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, $"ffmpeg {string.Join(' ', arguments)}: {errors}");
    }
}
