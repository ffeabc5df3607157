using System.Globalization;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Score.Video;

/// <summary>How a file asks its pictures to be turned and mirrored, of the eight ways that keep pixels on their grid; a camera's tilt is nearest to one.</summary>
/// <param name="IsTurned">Whether rows become columns.</param>
/// <param name="Filters">ffmpeg's filters that do it, each followed by a comma; empty for none.</param>
internal sealed partial record Orientation(bool IsTurned, string Filters)
{
    public static readonly Orientation Upright = new(false, "");

    /// <param name="matrix">
    /// ffprobe's text of a display matrix: three rows, each behind its offset, in 16.16 numbers. A pixel (x, y) is shown at
    /// (a x + c y, b x + d y), where the rows start with a b and c d.
    /// </param>
    public static Orientation Of(string matrix)
    {
        var rows = Row().Matches(matrix);
        if (rows.Count < 2)
            return Upright;
        var ((a, b), (c, d)) = (Pair(rows[0]), Pair(rows[1]));
        return (Math.Abs(b) + Math.Abs(c) > Math.Abs(a) + Math.Abs(d), a < 0, b < 0, c < 0, d < 0) switch
        {
            (false, var left, _, _, var up) => new(false, (left ? "hflip," : "") + (up ? "vflip," : "")),

            // Transposed, x takes the place of y; then what points back is mirrored.
            (true, _, var up, var left, _) => new(true, "transpose=cclock_flip," + (left ? "hflip," : "") + (up ? "vflip," : "")),
        };
    }

    private static (double, double) Pair(Match row) =>
        (double.Parse(row.Groups[1].ValueSpan, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture),
            double.Parse(row.Groups[2].ValueSpan, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"\d{8}:\s*(-?\d{1,11})\s+(-?\d{1,11})\s+-?\d{1,11}")]
    private static partial Regex Row();
}
