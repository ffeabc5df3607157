using System.Text;
using Microsoft.ML.Score.Reports.Pages;
using Microsoft.ML.Score.Training;
using static System.FormattableString;

namespace Microsoft.ML.Score.Reports.Training;

/// <summary>What policies keep of one validation video over training: a strip of small grids, one a time step, for each of some validations.</summary>
internal sealed class MaskStrips(TrainingRecord record)
{
    private const int MostStrips = 8;
    private const int MostTimeSteps = 8;
    private const int CellPixels = 12;

    private readonly List<ValidationMetrics> _validations = [.. record.Validations.Where(validation => validation.FirstVideo is not null)];

    /// <summary>The section; empty where the record has no masks.</summary>
    public string ToHtml()
    {
        if (_validations.Count == 0)
            return "";
        var best = _validations.LastOrDefault(validation => validation.IsBest);
        var html = new StringBuilder("<h2>What it keeps of one validation video</h2>\n<p class=\"quiet\">Each row is a policy in training, each small grid a time step of the first validation video; tokens that it keeps are lit.</p>\n<div class=\"strips\">\n");
        foreach (var validation in Spread(_validations, MostStrips).Concat(best is null ? [] : [best]).DistinctBy(shown => shown.Step).OrderBy(shown => shown.Step))
        {
            var mask = validation.FirstVideo!;
            var label = Invariant($"step {validation.Step}{(validation == best ? ", kept" : "")}");
            html.Append($"<p>{label}</p>{Strip(mask, label)}\n");
        }

        return html.Append("</div>").ToString();
    }

    private static string Strip(ValidationMask mask, string label)
    {
        var steps = Spread([.. Enumerable.Range(0, mask.TimeSteps)], MostTimeSteps).ToList();
        var (width, kept, lit) = (steps.Count * (mask.Width + 1) - 1, 0, new StringBuilder());
        foreach (var (place, step) in steps.Index())
            for (var row = 0; row < mask.Height; row++)
                for (var column = 0; column < mask.Width; column++)
                {
                    var end = column;
                    while (end < mask.Width && mask.Keeps(step, row, end))
                        end++;
                    if (end == column)
                        continue;
                    kept += end - column;
                    lit.Append(Invariant($"M{place * (mask.Width + 1) + column} {row}h{end - column}v1h-{end - column}z"));
                    column = end - 1;
                }

        var tokens = steps.Count * mask.Height * mask.Width;
        var ground = string.Concat(steps.Select((_, place) => Invariant($"<rect x=\"{place * (mask.Width + 1)}\" width=\"{mask.Width}\" height=\"{mask.Height}\"/>")));
        return Invariant($"<svg viewBox=\"0 0 {width} {mask.Height}\" style=\"max-width:{width * CellPixels}px\" role=\"img\" aria-label=\"{HtmlPage.Encode(label)}: {kept} of {tokens} tokens kept\"><title>{HtmlPage.Encode(label)}: {kept} of the {tokens} tokens shown are kept; time steps {string.Join(", ", steps.Select(step => step + 1))}</title>{ground}<path d=\"{lit}\"/></svg>");
    }

    /// <summary>Some of the items, evenly, the first and the last among them.</summary>
    private static IEnumerable<T> Spread<T>(IReadOnlyList<T> items, int most) =>
        items.Count <= most ? items : Enumerable.Range(0, most).Select(place => items[(int)Math.Round(place * (items.Count - 1.0) / (most - 1))]);
}
