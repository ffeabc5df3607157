using System.Globalization;
using System.Security;
using System.Text;

namespace Microsoft.ML.Score.Experiment;

/// <summary>A value with its interval.</summary>
internal readonly record struct Measured(double Value, double Low, double High);

/// <summary>An SVG picture of lines, boxes and words, in colours that can be read on white and on black alike.</summary>
internal sealed class Drawing(string title, int width, int height)
{
    public const string Grey = "#808890";

    /// <summary>Middle tones that differ in hue and in lightness (after Okabe and Ito).</summary>
    public static readonly string[] Palette = ["#d55e00", "#3182bd", "#009e73", "#b0629f", "#b8860b", "#7a6fd0", "#56a4c4", "#8c6d5c"];

    private readonly StringBuilder _body = new();

    public void Line(double x1, double y1, double x2, double y2, string colour, double thickness = 1, string dashes = "none", double opacity = 1) =>
        Add($"""<line x1="{x1:0.#}" y1="{y1:0.#}" x2="{x2:0.#}" y2="{y2:0.#}" stroke="{colour}" stroke-width="{thickness}" stroke-dasharray="{dashes}" opacity="{opacity}"/>""");

    public void Box(double x, double y, double boxWidth, double boxHeight, string colour) =>
        Add($"""<rect x="{x:0.#}" y="{y:0.#}" width="{boxWidth:0.#}" height="{boxHeight:0.#}" rx="1.5" fill="{colour}" opacity="0.75"/>""");

    public void Dot(double x, double y, string colour) => Add($"""<circle cx="{x:0.#}" cy="{y:0.#}" r="3.2" fill="{colour}"/>""");

    /// <param name="x">Where the anchor stands.</param>
    /// <param name="y">The base line.</param>
    /// <param name="words">The text.</param>
    /// <param name="anchor">start, middle or end.</param>
    /// <param name="colour">Its colour.</param>
    public void Text(double x, double y, string words, string anchor = "start", string colour = Grey) =>
        Add($"""<text x="{x:0.#}" y="{y:0.#}" text-anchor="{anchor}" fill="{colour}">{SecurityElement.Escape(words)}</text>""");

    public string ToSvg() => string.Create(CultureInfo.InvariantCulture, $"""
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="{SecurityElement.Escape(title)}">
        <text x="{width / 2}" y="20" text-anchor="middle" font-size="14" font-weight="600" fill="{Grey}">{SecurityElement.Escape(title)}</text>
        {_body}</svg>

        """).ReplaceLineEndings("\n");

    /// <summary>Round numbers, at most seven, that cover the range.</summary>
    public static IReadOnlyList<double> Ticks(double low, double high)
    {
        var rough = Math.Max(high - low, 1e-9) / 5;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = ((double[])[1, 2, 5, 10]).First(factor => factor * power >= rough) * power;
        var first = Math.Floor(low / step);
        return [.. Enumerable.Range(0, (int)(Math.Ceiling(high / step) - first) + 1).Select(index => (first + index) * step)];
    }

    private void Add(FormattableString element) => _body.Append(element.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
