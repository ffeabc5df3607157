using SkiaSharp;

namespace Microsoft.ML.Score.Reports;

/// <summary>One time step with its kept tokens lit and the others dimmed, as pictures and clips show it; the page's script paints the same.</summary>
internal static class MaskPainting
{
    private static readonly SKColor s_dimmed = new(0, 0, 0, 190);
    private static readonly SKColor s_edge = new(245, 165, 36);
    private static readonly SKColor s_withoutPicture = new(140, 150, 165);

    /// <summary>Paints a step into a rectangle of the canvas.</summary>
    /// <param name="canvas">Where.</param>
    /// <param name="place">The rectangle.</param>
    /// <param name="report">The video.</param>
    /// <param name="mask">Its tokens that are kept, [T*N].</param>
    /// <param name="step">The step.</param>
    public static void Paint(SKCanvas canvas, SKRect place, MaskReport report, bool[] mask, int step)
    {
        var (height, width) = (report.Grid.Height, report.Grid.Width);
        using var picture = report.Pictures?.Decode(step);
        using var paint = new SKPaint { Color = s_withoutPicture, FilterQuality = SKFilterQuality.Medium };
        if (picture is null)
            canvas.DrawRect(place, paint);
        else
            canvas.DrawBitmap(picture, place, paint);

        paint.Color = s_dimmed;
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
                if (!IsKept(y, x))
                    canvas.DrawRect(Cell(y, x), paint);

        paint.Color = s_edge;
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
            {
                if (!IsKept(y, x))
                    continue;
                var cell = Cell(y, x);
                if (!IsKept(y - 1, x))
                    canvas.DrawRect(SKRect.Create(cell.Left, cell.Top, cell.Width, 1), paint);
                if (!IsKept(y + 1, x))
                    canvas.DrawRect(SKRect.Create(cell.Left, cell.Bottom - 1, cell.Width, 1), paint);
                if (!IsKept(y, x - 1))
                    canvas.DrawRect(SKRect.Create(cell.Left, cell.Top, 1, cell.Height), paint);
                if (!IsKept(y, x + 1))
                    canvas.DrawRect(SKRect.Create(cell.Right - 1, cell.Top, 1, cell.Height), paint);
            }

        bool IsKept(int y, int x) => y >= 0 && y < height && x >= 0 && x < width && mask[(step * height + y) * width + x];

        // Whole pixels, so that neighbours neither overlap nor leave a line between them.
        SKRect Cell(int y, int x) => new(
            place.Left + MathF.Round(x * place.Width / width), place.Top + MathF.Round(y * place.Height / height),
            place.Left + MathF.Round((x + 1) * place.Width / width), place.Top + MathF.Round((y + 1) * place.Height / height));
    }

    /// <summary>The size of a step's picture of about so many pixels on its longest side.</summary>
    public static (int Width, int Height) SizeOf(MaskReport report, int longestSide)
    {
        var (width, height) = report.Pictures is { } pictures ? (pictures.Width, pictures.Height) : (report.Grid.Width, report.Grid.Height);
        var scale = longestSide / (double)Math.Max(width, height);
        return (Math.Max(1, (int)Math.Round(width * scale)), Math.Max(1, (int)Math.Round(height * scale)));
    }
}
