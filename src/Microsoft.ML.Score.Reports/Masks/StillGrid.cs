using System.Buffers.Binary;
using System.Text;
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
    private const int EndLength = 12; // of the chunk that ends a PNG

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
        var bytes = png.ToArray();
        AtomicFile.Write(path, stream =>
        {
            stream.Write(bytes.AsSpan(0, bytes.Length - EndLength));
            stream.Write(TextChunk("Software", ReportFile.Mark));
            stream.Write(bytes.AsSpan(bytes.Length - EndLength));
        });
    }

    /// <summary>A text in a PNG: length, type, keyword and text, and a check sum of the latter three.</summary>
    private static byte[] TextChunk(string keyword, string text)
    {
        byte[] content = [.. "tEXt"u8, .. Encoding.Latin1.GetBytes(keyword), 0, .. Encoding.Latin1.GetBytes(text)];
        var chunk = new byte[content.Length + 8];
        BinaryPrimitives.WriteInt32BigEndian(chunk, content.Length - 4);
        content.CopyTo(chunk.AsSpan(4));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(chunk.Length - 4), CheckSum(content));
        return chunk;
    }

    /// <summary>CRC-32 as PNG and zip files have it.</summary>
    private static uint CheckSum(ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        foreach (var value in bytes)
        {
            sum ^= value;
            for (var bit = 0; bit < 8; bit++)
                sum = (sum & 1) == 0 ? sum >> 1 : sum >> 1 ^ 0xEDB88320;
        }

        return ~sum;
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
