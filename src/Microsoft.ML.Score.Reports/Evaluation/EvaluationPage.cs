using System.Text;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Reports.Charts;
using Microsoft.ML.Score.Reports.Evaluation;
using Microsoft.ML.Score.Reports.Pages;

namespace Microsoft.ML.Score.Reports;

/// <summary>An evaluation as one HTML file that opens without a network: what it says in a sentence, charts, tables, what was left out, and where it comes from.</summary>
/// <example><code>EvaluationPage.Write(EvaluationDocument.Load("eval.json"), "eval.html");</code></example>
public static class EvaluationPage
{
    /// <summary>Items of a list that a page shows; eval.json has them all.</summary>
    private const int MostListed = 500;

    private const string Style = """
        .chart .label { font-variant-numeric: tabular-nums; }
        .verdict { border-left: 4px solid var(--line); padding: .1em 0 .1em .8em; margin: .8em 0; }
        .verdict.good { border-color: var(--good); color: inherit; }
        .verdict.bad { border-color: var(--bad); color: inherit; }
        .charts > .chart { max-width: 44rem; }
        tbody th { font-weight: 600; text-align: left; white-space: normal; min-width: 7.5em; max-width: 16em; overflow-wrap: anywhere; }
        thead th { max-width: 14em; white-space: normal; }
        td small { display: block; color: var(--quiet); }
        thead th { vertical-align: bottom; }
        .paper { color: var(--quiet); }
        .pair { border-left: 1px solid var(--line); }
        thead .pair { text-align: center; }
        details { margin: .2em 0; }
        summary { cursor: pointer; }
        .notes { padding-left: 1.2em; }
        .notes li, details li { overflow-wrap: anywhere; }
        @media (min-width: 700px) { .scroll th:first-child { position: sticky; left: 0; background: var(--ground); } }

        """;

    /// <summary>Writes the page; the file appears whole or not at all.</summary>
    /// <param name="document">The evaluation.</param>
    /// <param name="path">The file to write; an existing one is replaced.</param>
    /// <exception cref="IOException">The file cannot be written; an older one stays as it was.</exception>
    public static void Write(EvaluationDocument document, string path)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentException.ThrowIfNullOrEmpty(path);

        new HtmlPage { Title = Title(document), Body = Body(document), Style = $"{LineChart.Css}\n{StackedBars.Css}\n{Style}" }.Write(path);
    }

    private static string Title(EvaluationDocument document) =>
        $"{string.Join(", ", document.Result.Benchmarks.Select(benchmark => benchmark.Name))}{(document.ModelSource is { } model ? $" on {Path.GetFileName(Path.TrimEndingDirectorySeparator(model))}" : "")}: evaluation";

    private static string Body(EvaluationDocument document)
    {
        var (result, headline) = (document.Result, new EvaluationHeadline(document.Result));
        var html = new StringBuilder();
        html.Append($"<h1>{Encode(Title(document))}</h1>\n");
        html.Append($"<div class=\"verdict {headline.Sign switch { > 0 => "good", < 0 => "bad", _ => "" }}\"><p class=\"lead\" id=\"headline\">{Encode(headline.Result)}</p><p>{Encode(headline.Meaning)}</p></div>\n");
        html.Append("<h2>Accuracy against tokens kept</h2>\n<p class=\"quiet\">Bars are 95% intervals over videos; points lie at the share of tokens that was really kept, neighbours a little apart.</p>\n");
        html.Append(EvaluationCharts.Accuracy(result));
        html.Append("\n<h2>Where the time goes</h2>\n<p class=\"quiet\">One video with one question: decode, encode, compress and gather are medians over videos, prefill and generate over questions.</p>\n");
        html.Append(EvaluationCharts.Times(result));
        html.Append("\n<h2>The figures</h2>\n");
        Append(html, "Accuracy and cost", EvaluationTable.OfAccuracy(result));
        html.Append("<h3>Times in milliseconds</h3>\n");
        Append(html, "Times in milliseconds", EvaluationTable.OfTimes(result));
        AppendBreakdowns(html, result);
        foreach (var (table, columns, rows) in PaperTable.For(document))
            AppendPaper(html, document, table, columns, rows);
        html.Append("<h2>What was asked, and what was left out</h2>\n<ul class=\"notes\">\n");
        foreach (var note in EvaluationNotes.Of(document))
            AppendNote(html, note);
        html.Append("</ul>\n<h2>Where this comes from</h2>\n<dl class=\"facts\">\n");
        foreach (var (name, value) in EvaluationNotes.Origin(document))
            html.Append($"<dt>{Encode(name)}</dt><dd>{Encode(value)}</dd>\n");
        return html.Append("</dl>").ToString();
    }

    private static void AppendBreakdowns(StringBuilder html, BenchmarkResult result)
    {
        foreach (var (index, benchmark) in result.Benchmarks.Index())
            foreach (var (what, figures) in (IEnumerable<(string, Func<BenchmarkScore, IReadOnlyList<NamedEstimate>>)>)
                [("figure", score => score.Metrics), ("length", score => score.ByLength), ("kind of question", score => score.ByCategory)])
            {
                string[] names = [.. result.Systems.SelectMany(system => figures(system.Benchmarks[index])).Select(figure => figure.Name).Distinct()];
                if (names.Length < 2)
                    continue;
                html.Append($"<h3>{Encode(benchmark.Name)} by {what}</h3>\n");
                Append(html, $"{benchmark.Name} by {what}", ["system", "budget", .. names], result.Systems.Select(system => (string[])
                [
                    Encode(system.Name), Encode(Figures.Budget(system)),
                    .. names.Select(name => figures(system.Benchmarks[index]).FirstOrDefault(figure => figure.Name == name).Estimate is { } estimate
                        ? $"{Figures.Percent(estimate.Value)} <small>{Figures.Interval(estimate)}</small>" : "-"),
                ]));
            }
    }

    private static void AppendPaper(
        StringBuilder html, EvaluationDocument document, PaperTable table, IReadOnlyList<PaperColumn> columns, IReadOnlyList<(SystemResult System, PaperRow Row)> rows)
    {
        html.Append($"<h2>Beside the paper's {Encode(table.Name.ToLowerInvariant())}</h2>\n<p class=\"quiet\">\"Paper\" is what arXiv 2603.26365, {Encode(table.Name.ToLowerInvariant())}, reports "
            + $"for {Encode(table.Model)}. \"Here\" is this evaluation{(document.ModelSource is { } model ? $", of {Encode(model)}" : "")}. "
            + "The two compare only where model, frames and questions are the same; prefill times are those of two machines.</p>\n");
        html.Append($"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"The paper's {Encode(table.Name.ToLowerInvariant())}\"><table><thead><tr><th scope=\"col\" rowspan=\"2\">system</th><th scope=\"col\" rowspan=\"2\">budget</th>");
        foreach (var column in columns)
            html.Append($"<th scope=\"colgroup\" colspan=\"2\" class=\"pair\">{Encode(column.Header)}</th>");
        html.Append("</tr><tr>").Insert(html.Length, "<th scope=\"col\" class=\"pair\">here</th><th scope=\"col\">paper</th>", columns.Count).Append("</tr></thead><tbody>\n");
        foreach (var (system, row) in rows)
        {
            html.Append($"<tr><th scope=\"row\">{Encode(system.Name)}</th><td>{Encode(Figures.Budget(system))}</td>");
            foreach (var column in columns)
                html.Append($"<td class=\"pair\">{Number(column.Here(document, system))}</td><td class=\"paper\">{Number(row.Values[Array.IndexOf(table.Columns, column)])}</td>");
            html.Append("</tr>\n");
        }

        html.Append("</tbody></table></div>\n");

        static string Number(double? value) => value is { } number ? Figures.Text($"{number:#,0.0}") : "-";
    }

    private static void AppendNote(StringBuilder html, EvaluationNote note)
    {
        if (note.Items.Count == 0)
        {
            html.Append($"<li>{Encode(note.Text)}</li>\n");
            return;
        }

        html.Append($"<li><details><summary>{Encode(note.Text)}</summary><ul>");
        foreach (var item in note.Items.Take(MostListed))
            html.Append($"<li>{Encode(item)}</li>");
        if (note.Items.Count > MostListed)
            html.Append($"<li>and {note.Items.Count - MostListed} more, which the JSON document lists</li>");
        html.Append("</ul></details></li>\n");
    }

    private static void Append(StringBuilder html, string name, EvaluationTable table) => Append(html, name, table.Headers, table.Rows.Select(row => row.Select(Encode)));

    /// <summary>A table that scrolls by itself where it is wider than the page, by keyboard too.</summary>
    private static void Append(StringBuilder html, string name, IReadOnlyList<string> headers, IEnumerable<IEnumerable<string>> rows)
    {
        html.Append($"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{Encode(name)}\"><table><thead><tr>");
        foreach (var header in headers)
            html.Append($"<th scope=\"col\">{Encode(header)}</th>");
        html.Append("</tr></thead><tbody>\n");
        foreach (var row in rows)
        {
            html.Append("<tr>");
            foreach (var (column, cell) in row.Index())
                html.Append(column == 0 ? $"<th scope=\"row\">{cell}</th>" : $"<td>{cell}</td>");
            html.Append("</tr>\n");
        }

        html.Append("</tbody></table></div>\n");
    }

    private static string Encode(string text) => HtmlPage.Encode(text);
}
