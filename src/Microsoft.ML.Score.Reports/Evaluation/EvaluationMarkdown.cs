using System.Text;
using Microsoft.ML.Score.Evaluation;

namespace Microsoft.ML.Score.Reports.Evaluation;

/// <summary>A document as Markdown: the headline, the tables of the terminal, what was left out, and where the figures came from.</summary>
internal static class EvaluationMarkdown
{
    public static string Of(EvaluationDocument document)
    {
        var headline = new EvaluationHeadline(document.Result);
        var text = new StringBuilder();
        text.Append($"**{Escaped(headline.Result)}** {Escaped(headline.Meaning)}\n\n");
        Append(text, EvaluationTable.OfAccuracy(document.Result));
        text.Append('\n');
        Append(text, EvaluationTable.OfTimes(document.Result));
        text.Append('\n');
        foreach (var note in EvaluationNotes.Of(document))
            text.Append($"- {Escaped(note.Text)}\n");
        text.Append('\n').AppendJoin("; ", EvaluationNotes.Origin(document).Select(fact => $"{fact.Name}: {Code(fact.Value)}")).Append('\n');
        return text.ToString();
    }

    private static void Append(StringBuilder text, EvaluationTable table)
    {
        AppendRow(text, table.Headers.Select(Escaped));
        AppendRow(text, table.Headers.Select((_, column) => column < EvaluationTable.KeyColumns - 1 ? "---" : "---:"));
        foreach (var row in table.Rows)
            AppendRow(text, row.Select(Escaped));
    }

    private static void AppendRow(StringBuilder text, IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");

    /// <summary>A text that stands as it is: no table's bar, no HTML, no emphasis, in one line.</summary>
    private static string Escaped(string text)
    {
        var escaped = new StringBuilder();
        foreach (var character in text.ReplaceLineEndings(" "))
            _ = character switch
            {
                '&' => escaped.Append("&amp;"),
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                '|' or '*' or '_' or '`' or '[' or ']' or '\\' => escaped.Append('\\').Append(character),
                _ => escaped.Append(character),
            };
        return escaped.ToString();
    }

    /// <summary>A text as code, between more backticks than it has in a row.</summary>
    private static string Code(string text)
    {
        var line = text.ReplaceLineEndings(" ");
        var fence = "`";
        while (line.Contains(fence, StringComparison.Ordinal))
            fence += "`";
        return fence.Length == 1 ? $"`{line}`" : $"{fence} {line} {fence}";
    }
}
