using System.Globalization;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Video;
using SkiaSharp;

namespace Microsoft.ML.Score.Reports;

/// <summary>A report as a clip, a picture a time step and the selections side by side, at the speed of the video: GIF or MP4, made by the program ffmpeg.</summary>
internal static class OverlayClip
{
    private const int Side = 480;
    private const int Gap = 4;

    /// <summary>Players do not take clips of a picture in many seconds, so each is shown often enough.</summary>
    private const double LeastFramesPerSecond = 10;

    private static readonly TimeSpan s_mostTime = TimeSpan.FromMinutes(10);

    public static void Write(MaskReport report, string path, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("score-overlay-").FullName;
        try
        {
            WritePictures(report, folder, cancellationToken);
            var clip = Path.Combine(folder, "clip" + Path.GetExtension(path).ToLowerInvariant());
            Run(Arguments(folder, clip, 1 / report.Grid.SecondsPerStep));
            AtomicFile.Write(path, destination =>
            {
                using var source = File.OpenRead(clip);
                source.CopyTo(destination);
            });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void WritePictures(MaskReport report, string folder, CancellationToken cancellationToken)
    {
        bool[][] masks = [.. report.Selections.Select(selection => selection.MaskAt(report.RetentionRatio))];
        var (width, height) = MaskPainting.SizeOf(report, Side);
        using var surface = SKSurface.Create(new SKImageInfo(masks.Length * (width + Gap) - Gap, height));
        for (var step = 0; step < report.Grid.TimeSteps; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var (i, mask) in masks.Index())
                MaskPainting.Paint(surface.Canvas, SKRect.Create(i * (width + Gap), 0, width, height), report, mask, step);
            using var image = surface.Snapshot();
            using var png = image.Encode(SKEncodedImageFormat.Png, quality: 100);
            using var file = File.Create(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{step:00000}.png")));
            png.SaveTo(file);
        }
    }

    private static string[] Arguments(string folder, string clip, double stepsPerSecond)
    {
        var rate = Math.Max(LeastFramesPerSecond, stepsPerSecond);
        string[] pictures = ["-v", "error", "-nostdin", "-y", "-framerate", Text(stepsPerSecond), "-i", Path.Combine(folder, "%05d.png")];
        return Path.GetExtension(clip) == ".gif"
            ? [.. pictures, "-filter_complex", "split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=bayer", "-loop", "0", clip]
            : [.. pictures, "-vf", $"fps={Text(rate)},pad=ceil(iw/2)*2:ceil(ih/2)*2", "-pix_fmt", "yuv420p", "-movflags", "+faststart", clip];
    }

    private static string Text(double number) => number.ToString("0.######", CultureInfo.InvariantCulture);

    private static void Run(string[] arguments)
    {
        using var process = new ChildProcess("ffmpeg", arguments);
        var exitCode = process.Within(process.WaitForExit, s_mostTime);
        if (exitCode != 0)
            throw new InvalidOperationException($"The program ffmpeg could not make the clip and ended with code {exitCode}: {process.ErrorTail}");
    }
}
