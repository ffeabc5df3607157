namespace Microsoft.ML.Score.Experiment;

/// <summary>One bar: bars of a kind share a colour.</summary>
internal sealed record Bar(string Name, SelectionKind Kind, Measured Value);

/// <summary>Horizontal bars with error bars, their names on the left and values on the right, and a line where the first bar ends.</summary>
internal static class BarChart
{
    private const int Width = 720, Left = 140, Right = 640, Top = 40, Row = 22;

    public static string Draw(string title, IReadOnlyList<Bar> bars)
    {
        var bottom = Top + Row * bars.Count;
        var drawing = new Drawing(title, Width, bottom + 30);
        var ticks = Drawing.Ticks(0, bars.Max(bar => bar.Value.High));
        double X(double value) => Left + value / Math.Max(ticks[^1], 1e-9) * (Right - Left);

        foreach (var tick in ticks)
        {
            drawing.Line(X(tick), Top, X(tick), bottom, Drawing.Grey, opacity: 0.3);
            drawing.Text(X(tick), bottom + 18, Format.Number(tick, "0.##"), "middle");
        }

        foreach (var (index, bar) in bars.Index())
        {
            var (y, value) = (Top + Row * index, bar.Value);
            drawing.Text(Left - 8, y + 15, bar.Name, "end");
            drawing.Box(Left, y + 4, X(value.Value) - Left, Row - 8, Drawing.Palette[(int)bar.Kind]);
            drawing.Line(X(value.Low), y + Row / 2, X(value.High), y + Row / 2, Drawing.Grey, thickness: 2);
            drawing.Text(Right + 12, y + 15, Format.Number(value.Value, "0.0"));
        }

        drawing.Line(X(bars[0].Value.Value), Top, X(bars[0].Value.Value), bottom, Drawing.Palette[0], dashes: "4 3");
        return drawing.ToSvg();
    }
}
