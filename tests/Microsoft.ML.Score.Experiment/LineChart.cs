namespace Microsoft.ML.Score.Experiment;

/// <summary>One line of a chart, its points in the order of x.</summary>
internal sealed record Line(string Name, IReadOnlyList<(double X, Measured Y)> Points);

/// <summary>Lines with error bars, set a little apart so that equal ones can be seen, and a legend on the right.</summary>
internal static class LineChart
{
    private const int Width = 720, Height = 380, Left = 60, Right = 540, Top = 40, Bottom = 330;

    public static string Draw(string title, string xName, string yName, IReadOnlyList<Line> lines)
    {
        var drawing = new Drawing(title, Width, Height);
        var points = lines.SelectMany(line => line.Points).ToList();
        var (xTicks, yTicks) = (Drawing.Ticks(0, points.Max(point => point.X)), Drawing.Ticks(points.Min(point => point.Y.Low), points.Max(point => point.Y.High)));
        double X(double value) => Left + (value - xTicks[0]) / (xTicks[^1] - xTicks[0]) * (Right - Left);
        double Y(double value) => Bottom - (value - yTicks[0]) / (yTicks[^1] - yTicks[0]) * (Bottom - Top);

        foreach (var tick in yTicks)
        {
            drawing.Line(Left, Y(tick), Right, Y(tick), Drawing.Grey, opacity: 0.3);
            drawing.Text(Left - 8, Y(tick) + 4, Format.Number(tick, "0.##"), "end");
        }

        foreach (var tick in xTicks)
            drawing.Text(X(tick), Bottom + 18, Format.Number(tick, "0.##"), "middle");
        drawing.Text((Left + Right) / 2.0, Bottom + 38, xName, "middle");
        drawing.Text(Left - 45, Top - 12, yName);

        foreach (var (index, line) in lines.Index())
        {
            var colour = Drawing.Palette[index % Drawing.Palette.Length];
            var apart = (index - (lines.Count - 1) / 2.0) * 3;
            foreach (var (from, to) in line.Points.Zip(line.Points.Skip(1)))
                drawing.Line(X(from.X) + apart, Y(from.Y.Value), X(to.X) + apart, Y(to.Y.Value), colour, thickness: 1.8);
            foreach (var (x, y) in line.Points)
            {
                drawing.Line(X(x) + apart, Y(y.Low), X(x) + apart, Y(y.High), colour, opacity: 0.7);
                drawing.Dot(X(x) + apart, Y(y.Value), colour);
            }

            drawing.Dot(Right + 20, Top + 20 * index, colour);
            drawing.Text(Right + 30, Top + 4 + 20 * index, line.Name);
        }

        return drawing.ToSvg();
    }
}
