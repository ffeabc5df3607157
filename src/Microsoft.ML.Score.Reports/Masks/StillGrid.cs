using Microsoft.ML.Score.Storage;
using SkiaSharp;

namespace Microsoft.ML.Score.Reports;

/// <summary>A report as one PNG: up to 24 time steps in a grid, each selection in rows of its own, and below each a bar for what every step keeps.</summary>
internal static class StillGrid
{
    private const int MostSteps = 24;
    private const int Columns = 6;
    private const int Side = 240;
    private const int Gap = 6;
    private const int LabelHeight = 14;
    private const int StripHeight = 48;

    private static readonly SKColor s_ground = new(18, 22, 29);
    private static readonly SKColor s_bar = new(245, 165, 36);
    private static readonly SKColor s_text = new(231, 235, 242);

    public static void Write(MaskReport report, string path)
    {
        int[] steps = Shown(report.Grid.TimeSteps);
        var columns = Math.Min(Columns, steps.Length);
        var rows = (steps.Length + columns - 1) / columns;
        var (width, height) = MaskPainting.SizeOf(report, Side);
        var blockHeight = rows * (height + LabelHeight + Gap) + StripHeight + Gap;
        var info = new SKImageInfo(Gap + columns * (width + Gap), Gap + report.Selections.Count * blockHeight);
        using var surface = SKSurface.Create(info);
        var canvas = surface.Canvas;
        canvas.Clear(s_ground);
        foreach (var (block, selection) in report.Selections.Index())
        {
            var mask = selection.MaskAt(report.RetentionRatio);
            var top = Gap + block * blockHeight;
            foreach (var (i, step) in steps.Index())
            {
                var (left, y) = (Gap + i % columns * (width + Gap), top + i / columns * (height + LabelHeight + Gap));
                using (var paint = new SKPaint { Color = s_text })
                    SmallDigits.Draw(canvas, left, y + 3, Label(report, step), paint);
                MaskPainting.Paint(canvas, SKRect.Create(left, y + LabelHeight, width, height), report, mask, step);
            }

            DrawStrip(canvas, SKRect.Create(Gap, top + blockHeight - StripHeight - Gap, info.Width - 2 * Gap, StripHeight), mask, report.Grid.TimeSteps);
        }

        using var image = surface.Snapshot();
        using var png = image.Encode(SKEncodedImageFormat.Png, quality: 100);
        AtomicFile.Write(path, stream => png.SaveTo(stream));
    }

    /// <summary>Steps at equal distances, the first and the last among them.</summary>
    private static int[] Shown(int timeSteps) => timeSteps <= MostSteps
        ? [.. Enumerable.Range(0, timeSteps)]
        : [.. Enumerable.Range(0, MostSteps).Select(i => (int)Math.Round(i * (timeSteps - 1.0) / (MostSteps - 1)))];

    private static string Label(MaskReport report, int step) => report.SecondsOf(step) is { } seconds ? FormattableString.Invariant($"{seconds:0.0} s") : "";

    private static void DrawStrip(SKCanvas canvas, SKRect place, bool[] mask, int timeSteps)
    {
        int[] perStep = [.. mask.Chunk(mask.Length / timeSteps).Select(step => step.Count(kept => kept))];
        var most = Math.Max(1, perStep.Max());
        using var paint = new SKPaint { Color = s_bar };
        for (var step = 0; step < timeSteps; step++)
        {
            var (left, right) = (place.Left + step * place.Width / timeSteps, place.Left + (step + 1) * place.Width / timeSteps);
            var height = perStep[step] * place.Height / most;
            canvas.DrawRect(SKRect.Create(left, place.Bottom - height, Math.Max(1, right - left - 1), height), paint);
        }
    }
}
