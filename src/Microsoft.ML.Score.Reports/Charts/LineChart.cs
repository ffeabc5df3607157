using System.Globalization;
using System.Net;
using System.Text;

namespace Microsoft.ML.Score.Reports.Charts;

/// <summary>
/// A chart of lines or dots over one axis, as a figure of HTML with an SVG in it: no script, colours of the page's style (<see cref="Css"/>), so that it follows
/// light and dark, and every number also as text for those who point at it or hear the page.
/// </summary>
/// <remarks>It is drawn small and scaled up, so that its text can still be read where a phone gives it 320 pixels.</remarks>
internal sealed record LineChart
{
    /// <summary>What a page needs in its style, once, beside page.css, which has the colours.</summary>
    public const string Css = """
        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); gap: 1.25rem; }
        .chart { margin: 0; min-width: 0; }
        .chart figcaption { font-weight: 600; }
        .chart .note { font-weight: 400; font-size: .85rem; color: var(--quiet); margin: .1rem 0 0; }
        .chart svg { display: block; width: 100%; height: auto; font: 11px system-ui, sans-serif; fill: currentColor; overflow: visible; }
        .chart .grid { stroke: currentColor; stroke-opacity: .13; }
        .chart .axis { stroke: currentColor; stroke-opacity: .45; }
        .chart .reference { stroke: currentColor; stroke-opacity: .75; stroke-dasharray: 5 4; }
        .chart .label { opacity: .85; }
        .chart .line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
        .chart .dashed { stroke-dasharray: 6 3; }
        .chart .band { fill-opacity: .17; stroke: none; }
        .chart .bar { stroke-width: 1.3; }
        .chart .hit { fill: transparent; stroke: none; }
        .chart .hit:hover { fill: currentColor; fill-opacity: .35; }
        .chart ul { display: flex; flex-wrap: wrap; gap: .1rem 1rem; list-style: none; margin: .2rem 0 0; padding: 0; font-size: .85rem; }
        .chart ul svg { display: inline-block; width: 1.6em; height: .8em; margin-right: .35em; }
        """;

    private const int Colors = 8;
    private const int MostHits = 240; // points that are worth pointing at one by one
    private const double Top = 10;
    private const double Right = 12;
    private const double Bottom = 38;
    private const double CharacterWidth = 6.2;

    /// <summary>The heading.</summary>
    public required string Title { get; init; }

    /// <summary>What the chart shows, in a sentence, for those who do not see it.</summary>
    public required string Summary { get; init; }

    /// <summary>What is drawn.</summary>
    public required IReadOnlyList<ChartSeries> Series { get; init; }

    /// <summary>A line below the heading; null for none.</summary>
    public string? Note { get; init; }

    /// <summary>The name of the x axis, with its unit.</summary>
    public string XLabel { get; init; } = "";

    /// <summary>The name of the y axis, with its unit.</summary>
    public string YLabel { get; init; } = "";

    /// <summary>Whether equal ratios are equal distances on the x axis.</summary>
    public bool HasLogX { get; init; }

    /// <summary>Horizontal dashed lines.</summary>
    public IReadOnlyList<ReferenceLine> Values { get; init; } = [];

    /// <summary>Vertical dashed lines.</summary>
    public IReadOnlyList<ReferenceLine> Moments { get; init; } = [];

    /// <summary>The y axis' lower end; null for what the data need.</summary>
    public double? YFrom { get; init; }

    /// <summary>The y axis' upper end; null for what the data need.</summary>
    public double? YTo { get; init; }

    /// <summary>How a value of the x axis is written.</summary>
    public Func<double, string> FormatX { get; init; } = ChartAxis.Format;

    /// <summary>How a value of the y axis is written.</summary>
    public Func<double, string> FormatY { get; init; } = ChartAxis.Format;

    /// <summary>The drawing's width, in the units of its text of 11.</summary>
    public double Width { get; init; } = 420;

    /// <summary>Its height.</summary>
    public double Height { get; init; } = 250;

    /// <summary>A share as an axis shows it.</summary>
    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.##}%");

    /// <summary>The figure.</summary>
    public string ToHtml()
    {
        var html = new StringBuilder();
        html.Append($"<figure class=\"chart\"><figcaption>{Encoded(Title)}");
        if (Note is not null)
            html.Append($"<p class=\"note\">{Encoded(Note)}</p>");
        html.Append("</figcaption>");
        Draw(html);
        if (Series.Count > 1)
        {
            html.Append("<ul>");
            foreach (var (index, series) in Series.Index())
                html.Append($"<li>{Swatch(series, index)}{Encoded(series.Name)}</li>");
            html.Append("</ul>");
        }

        return html.Append("</figure>").ToString();
    }

    private void Draw(StringBuilder html)
    {
        var points = Series.SelectMany(series => series.Points).ToList();
        var x = new ChartAxis(points.Select(point => point.X).Concat(Moments.Select(moment => moment.At)), HasLogX, pads: HasLogX, mostTicks: 6);
        var y = new ChartAxis(
            points.SelectMany(point => new[] { point.Y, point.Low ?? point.Y, point.High ?? point.Y }).Concat(Values.Select(value => value.At)), isLog: false, pads: true, YFrom, YTo);
        var (xTicks, yTicks) = (x.Ticks(), y.Ticks());
        var left = 22 + CharacterWidth * yTicks.Select(tick => FormatY(tick).Length).DefaultIfEmpty(1).Max();
        var (right, bottom) = (Width - Right, Height - Bottom);

        html.Append($"<svg viewBox=\"0 0 {N(Width)} {N(Height)}\" role=\"img\" aria-label=\"{Encoded(Summary)}\">");
        foreach (var tick in yTicks)
        {
            html.Append($"<line class=\"grid\" x1=\"{N(left)}\" x2=\"{N(right)}\" y1=\"{N(Y(tick))}\" y2=\"{N(Y(tick))}\"/>");
            html.Append($"<text x=\"{N(left - 5)}\" y=\"{N(Y(tick) + 4)}\" text-anchor=\"end\">{Encoded(FormatY(tick))}</text>");
        }

        html.Append($"<line class=\"axis\" x1=\"{N(left)}\" x2=\"{N(right)}\" y1=\"{N(bottom)}\" y2=\"{N(bottom)}\"/>");
        foreach (var tick in xTicks)
            html.Append($"<line class=\"axis\" x1=\"{N(X(tick))}\" x2=\"{N(X(tick))}\" y1=\"{N(bottom)}\" y2=\"{N(bottom + 4)}\"/>"
                + $"<text x=\"{N(X(tick))}\" y=\"{N(bottom + 16)}\" text-anchor=\"middle\">{Encoded(FormatX(tick))}</text>");
        html.Append($"<text class=\"label\" x=\"{N((left + right) / 2)}\" y=\"{N(Height - 5)}\" text-anchor=\"middle\">{Encoded(XLabel)}</text>");
        html.Append($"<text class=\"label\" transform=\"translate(11 {N((Top + bottom) / 2)}) rotate(-90)\" text-anchor=\"middle\">{Encoded(YLabel)}</text>");

        foreach (var moment in Moments)
        {
            var atEnd = x.Share(moment.At) > 0.6;
            html.Append($"<line class=\"reference\" x1=\"{N(X(moment.At))}\" x2=\"{N(X(moment.At))}\" y1=\"{N(Top)}\" y2=\"{N(bottom)}\"/>"
                + $"<text class=\"label\" x=\"{N(X(moment.At) + (atEnd ? -4 : 4))}\" y=\"{N(Top + 8)}\" text-anchor=\"{(atEnd ? "end" : "start")}\">{Encoded(moment.Label)}</text>");
        }

        foreach (var value in Values)
            html.Append($"<line class=\"reference\" x1=\"{N(left)}\" x2=\"{N(right)}\" y1=\"{N(Y(value.At))}\" y2=\"{N(Y(value.At))}\"/>"
                + $"<text class=\"label\" x=\"{N(right)}\" y=\"{N(Y(value.At) - 4)}\" text-anchor=\"end\">{Encoded(value.Label)}</text>");
        foreach (var (index, series) in Series.Index())
            Draw(html, series, ColorOf(series, index), X, Y);
        html.Append("</svg>");

        double X(double value) => left + (right - left) * x.Share(value);
        double Y(double value) => bottom - (bottom - Top) * Math.Clamp(y.Share(value), 0, 1);
    }

    private void Draw(StringBuilder html, ChartSeries series, string color, Func<double, double> x, Func<double, double> y)
    {
        var hasDots = series.Style != SeriesStyle.Line;
        foreach (var run in Runs(series.Points))
        {
            if (!hasDots && run.Any(point => point.Low is not null && point.High is not null))
                html.Append($"<polygon class=\"band\" fill=\"{color}\" points=\"{Path(run.Select(point => (point.X, point.High ?? point.Y)).Concat(run.AsEnumerable().Reverse().Select(point => (point.X, point.Low ?? point.Y))))}\"/>");
            if (series.Style != SeriesStyle.Dots && run.Count > 1)
                html.Append($"<polyline class=\"line{(series.IsDashed ? " dashed" : "")}\" stroke=\"{color}\" points=\"{Path(run.Select(point => (point.X, point.Y)))}\"/>");
            foreach (var point in run)
            {
                if (hasDots && point is { Low: { } low, High: { } high })
                    html.Append($"<path class=\"bar\" stroke=\"{color}\" d=\"M{N(x(point.X))} {N(y(low))}V{N(y(high))}m-3 0h6M{N(x(point.X) - 3)} {N(y(low))}h6\"/>");
                if (hasDots || run.Count == 1)
                    html.Append($"<circle cx=\"{N(x(point.X))}\" cy=\"{N(y(point.Y))}\" r=\"3.2\" fill=\"{color}\"><title>{Encoded(TextOf(series, point))}</title></circle>");
                else if (series.Points.Count <= MostHits)
                    html.Append($"<circle class=\"hit\" cx=\"{N(x(point.X))}\" cy=\"{N(y(point.Y))}\" r=\"5\"><title>{Encoded(TextOf(series, point))}</title></circle>");
            }
        }

        string Path(IEnumerable<(double X, double Y)> places) => string.Join(' ', places.Select(place => $"{N(x(place.X))},{N(y(place.Y))}"));
    }

    private string TextOf(ChartSeries series, ChartPoint point) => point.Text
        ?? $"{series.Name}: {FormatY(point.Y)}{(point is { Low: { } low, High: { } high } ? $" ({FormatY(low)} to {FormatY(high)})" : "")}, {XLabel} {FormatX(point.X)}";

    private static string Swatch(ChartSeries series, int index) =>
        $"<svg viewBox=\"0 0 24 12\" aria-hidden=\"true\">{(series.Style == SeriesStyle.Dots ? "" : $"<line class=\"line{(series.IsDashed ? " dashed" : "")}\" stroke=\"{ColorOf(series, index)}\" x1=\"0\" x2=\"24\" y1=\"6\" y2=\"6\"/>")}"
        + $"{(series.Style == SeriesStyle.Line ? "" : $"<circle cx=\"12\" cy=\"6\" r=\"4\" fill=\"{ColorOf(series, index)}\"/>")}</svg>";

    private static string ColorOf(ChartSeries series, int index) => $"var(--series-{(series.Color ?? index) % Colors + 1})";

    /// <summary>The points between those that cannot be drawn.</summary>
    private IEnumerable<List<ChartPoint>> Runs(IReadOnlyList<ChartPoint> points)
    {
        List<ChartPoint> run = [];
        foreach (var point in points)
        {
            if (double.IsFinite(point.X) && double.IsFinite(point.Y) && (!HasLogX || point.X > 0))
                run.Add(point);
            else if (run.Count > 0)
            {
                yield return run;
                run = [];
            }
        }

        if (run.Count > 0)
            yield return run;
    }

    private static string Encoded(string text) => WebUtility.HtmlEncode(text);

    private static string N(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
