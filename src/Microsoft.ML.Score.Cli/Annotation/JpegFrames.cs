using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Score.Video;

namespace Score.Cli.Annotation;

/// <summary>Frames of a clip as JPEG images, made by FFmpeg.</summary>
internal static class JpegFrames
{
    private const string Quality = "3"; // of FFmpeg's 2 to 31, where 2 is best

    // The end of an image and the start of the next: compressed data cannot hold it, because FF is followed by 00 there.
    private static readonly byte[] s_seam = [0xFF, 0xD9, 0xFF, 0xD8];

    /// <summary>The middle frames of <paramref name="count"/> equal stretches of the clip, or all frames of a shorter one.</summary>
    /// <param name="clip">The clip.</param>
    /// <param name="count">Frames wanted, at least 1.</param>
    /// <param name="longestSide">Pixels that no side exceeds; smaller frames keep their size.</param>
    /// <param name="cancellationToken">Stops between frames.</param>
    /// <exception cref="InvalidDataException">The clip cannot be decoded.</exception>
    /// <exception cref="InvalidOperationException">FFmpeg is not installed.</exception>
    public static IReadOnlyList<byte[]> Read(VideoClip clip, int count, int longestSide, CancellationToken cancellationToken)
    {
        count = Math.Min(count, clip.FrameCount);
        int[] indices = [.. Enumerable.Range(0, count).Select(i => (int)((i + 0.5) * clip.FrameCount / count))];
        var scale = Math.Min(1.0, longestSide / (double)Math.Max(clip.Height, clip.Width));
        var (height, width) = (Math.Max(1, (int)Math.Round(clip.Height * scale)), Math.Max(1, (int)Math.Round(clip.Width * scale)));
        string[] arguments =
        [
            "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", string.Create(CultureInfo.InvariantCulture, $"{clip.Width}x{clip.Height}"), "-i", "pipe:0",
            "-vf", string.Create(CultureInfo.InvariantCulture, $"scale={width}:{height}:flags=bicubic"), "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", Quality, "-f", "image2pipe", "pipe:1",
        ];
        // It ends with its input, which closes where a frame cannot be read, where reading is cancelled, and with this process.
        using var process = Start(arguments);
        var writing = Task.Run(() => Write(clip, indices, process.StandardInput.BaseStream, cancellationToken), CancellationToken.None);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        using var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        process.WaitForExit();
        cancellationToken.ThrowIfCancellationRequested();
        var images = process.ExitCode == 0 ? Split(output.ToArray()) : [];
        writing.GetAwaiter().GetResult();
        return images.Count == count ? images : throw new InvalidDataException(
            $"FFmpeg made {images.Count} JPEG images of {count} frames and ended with code {process.ExitCode}: {errors.GetAwaiter().GetResult().Trim().ReplaceLineEndings("; ")}");
    }

    private static Process Start(string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo("ffmpeg", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, CreateNoWindow = true })!;
        }
        catch (Win32Exception exception)
        {
            throw new InvalidOperationException(
                $"The program 'ffmpeg' could not be started ({exception.Message}). It makes the JPEG images that a teacher model is shown: install the package ffmpeg, so that it is on the PATH.", exception);
        }
    }

    private static void Write(VideoClip clip, int[] indices, Stream input, CancellationToken cancellationToken)
    {
        using (input)
        {
            foreach (var frame in clip.ReadFrames(indices, cancellationToken))
            {
                try
                {
                    input.Write(frame.Span);
                }
                catch (IOException)
                {
                    return; // the program has ended; its exit code and messages say why
                }
            }
        }
    }

    private static List<byte[]> Split(byte[] images)
    {
        var parts = new List<byte[]>();
        var start = 0;
        while (images.AsSpan(start).IndexOf(s_seam) is >= 0 and var seam)
        {
            parts.Add(images[start..(start + seam + 2)]);
            start += seam + 2;
        }

        if (start < images.Length)
            parts.Add(images[start..]);
        return parts;
    }
}
