using SkiaSharp;

namespace Microsoft.ML.Score.Reports;

/// <summary>Times as text in a picture, in letters of 3x5 dots: the native library that runs everywhere brings no fonts.</summary>
internal static class SmallDigits
{
    private const int Dot = 2;

    // Three bits a row, five rows, the highest bits first.
    private static readonly Dictionary<char, int> s_dots = new()
    {
        ['0'] = 0b111_101_101_101_111,
        ['1'] = 0b010_110_010_010_111,
        ['2'] = 0b111_001_111_100_111,
        ['3'] = 0b111_001_111_001_111,
        ['4'] = 0b101_101_111_001_001,
        ['5'] = 0b111_100_111_001_111,
        ['6'] = 0b111_100_111_101_111,
        ['7'] = 0b111_001_001_010_010,
        ['8'] = 0b111_101_111_101_111,
        ['9'] = 0b111_101_111_001_111,
        ['.'] = 0b000_000_000_000_010,
        ['s'] = 0b000_011_010_001_011,
        [' '] = 0,
    };

    /// <summary>Draws digits, full stops, blanks and "s" from the upper left corner on.</summary>
    public static void Draw(SKCanvas canvas, float left, float top, string text, SKPaint paint)
    {
        foreach (var (i, letter) in text.Index())
            for (var bit = 0; bit < 15; bit++)
                if ((s_dots[letter] >> (14 - bit) & 1) == 1)
                    canvas.DrawRect(SKRect.Create(left + (i * 4 + bit % 3) * Dot, top + bit / 3 * Dot, Dot, Dot), paint);
    }
}
