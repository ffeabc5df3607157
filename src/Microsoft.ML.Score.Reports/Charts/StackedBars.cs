using System.Globalization;
using System.Net;
using System.Text;

namespace Microsoft.ML.Score.Reports.Charts;

/// <summary>
/// Bars of parts beside each other, a bar a row, as a figure of HTML with an SVG in it, in the style of <see cref="LineChart"/>: a name above its bar, so that long names fit a
/// phone, and every number as text for those who point at it.
/// </summary>
internal sealed class StackedBars
{
    /// <summary>What a page needs in its style beside that of <see cref="LineChart"/>.</summary>
    public const string Css = """
        .chart .part { stroke: var(--ground); stroke-width: .8; }
        .chart .total { opacity: .85; font-variant-numeric: tabular-nums; }
        """;

    private const int Colors = 8;
    private const double Width = 420;
    private const double RowHeight = 34;
    private const double BarHeight = 13;
    private const double TotalWidth = 64;

    /// <summary>The heading.</summary>
    public required string Title { get; init; }

    /// <summary>What the chart shows, in a sentence, for those who do not see it.</summary>
    public required string Summary { get; init; }

    /// <summary>The names of the parts.</summary>
    public required IReadOnlyList<string> Parts { get; init; }

    /// <summary>The bars: a name and as many values as there are parts, none below 0.</summary>
    public required IReadOnlyList<(string Name, IReadOnlyList<double> Values)> Rows { get; init; }

    /// <summary>What the longest bar stands for, so that several charts may have one scale; null for the longest here.</summary>
    public double? Longest { get; init; }

    /// <summary>How a value is written, with its unit.</summary>
    public Func<double, string> Format { get; init; } = value => value.ToString("0.#", CultureInfo.InvariantCulture);

    /// <summary>The figure.</summary>
    public string ToHtml()
    {
        var html = new StringBuilder();
        html.Append($"<figure class=\"chart\"><figcaption>{Encoded(Title)}</figcaption>");
        html.Append($"<svg viewBox=\"0 0 {N(Width)} {N(RowHeight * Rows.Count)}\" role=\"img\" aria-label=\"{Encoded(Summary)}\">");
        var longest = Longest ?? Rows.Max(row => row.Values.Sum());
        var scale = longest > 0 ? (Width - TotalWidth) / longest : 0;
        foreach (var (index, (name, values)) in Rows.Index())
        {
            var (top, left) = (index * RowHeight, 0.0);
            html.Append($"<text x=\"0\" y=\"{N(top + 11)}\">{Encoded(name)}</text>");
            foreach (var (part, value) in values.Index())
            {
                if (value > 0)
                    html.Append($"<rect class=\"part\" x=\"{N(left)}\" y=\"{N(top + 15)}\" width=\"{N(value * scale)}\" height=\"{N(BarHeight)}\" fill=\"{ColorOf(part)}\">"
                        + $"<title>{Encoded($"{name}, {Parts[part]}: {Format(value)}")}</title></rect>");
                left += value * scale;
            }

            html.Append($"<text class=\"total\" x=\"{N(left + 5)}\" y=\"{N(top + 25.5)}\">{Encoded(Format(values.Sum()))}</text>");
        }

        html.Append("</svg><ul>");
        foreach (var (index, part) in Parts.Index())
            html.Append($"<li><svg viewBox=\"0 0 24 12\" aria-hidden=\"true\"><rect width=\"24\" height=\"12\" fill=\"{ColorOf(index)}\"/></svg>{Encoded(part)}</li>");
        return html.Append("</ul></figure>").ToString();
    }

    private static string ColorOf(int part) => $"var(--series-{part % Colors + 1})";

    private static string Encoded(string text) => WebUtility.HtmlEncode(text);

    private static string N(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
