using System.Globalization;
using System.Text;
using Microsoft.ML.Score.Evaluation;

namespace Microsoft.ML.Score.Reports.Evaluation;

/// <summary>Every figure of a result as CSV. Numbers are written so that they read back to the last bit; a cell without a figure is empty.</summary>
internal static class EvaluationCsv
{
    public static string Of(EvaluationDocument document)
    {
        var columns = Columns(document.Result).ToList();
        var text = new StringBuilder();
        AppendRow(text, columns.Select(column => column.Header));
        foreach (var system in document.Result.Systems)
            AppendRow(text, columns.Select(column => column.Cell(system)));
        return text.ToString();
    }

    private static IEnumerable<(string Header, Func<SystemResult, string> Cell)> Columns(BenchmarkResult result)
    {
        yield return ("system", system => system.Name);
        yield return ("retention ratio", system => Number(system.RetentionRatio));
        yield return ("token count", system => Number(system.TokenCount));
        yield return ("kept", system => Number(system.Retention));
        yield return ("tokens", system => Number(system.Tokens));
        foreach (var column in (IEnumerable<(string, Func<SystemResult, string>)>)
            [.. Estimate("accuracy", system => system.Accuracy), .. Estimate("share of all tokens", system => system.KeptShare),
             .. Estimate("SCORE minus it", system => system.ReferenceMinusThis), .. Estimate("caption CE", system => system.CaptionCrossEntropy)])
            yield return column;
        foreach (var (index, benchmark) in result.Benchmarks.Index())
        {
            foreach (var (kind, figures) in (IEnumerable<(string, Func<BenchmarkScore, IReadOnlyList<NamedEstimate>>)>)
                [("", score => score.Metrics), ("length ", score => score.ByLength), ("category ", score => score.ByCategory)])
                foreach (var name in result.Systems.SelectMany(system => figures(system.Benchmarks[index])).Select(figure => figure.Name).Distinct())
                    foreach (var column in Estimate($"{benchmark.Name} {kind}{name}", system => figures(system.Benchmarks[index]).FirstOrDefault(figure => figure.Name == name).Estimate))
                        yield return column;
            foreach (var column in Estimate($"{benchmark.Name} SCORE minus it", system => system.Benchmarks[index].ReferenceMinusThis))
                yield return column;
            yield return ($"{benchmark.Name} unreadable answers", system => Number(system.Benchmarks[index].UnreadableAnswers));
            yield return ($"{benchmark.Name} chance", _ => Number(benchmark.ChanceLevel));
        }

        foreach (var (name, time) in TimeParts.All)
            yield return ($"{name} (ms)", system => Number(time(system.Times).TotalMilliseconds));
        yield return ("speed-up", system => Number(system.SpeedUp));
    }

    private static IEnumerable<(string Header, Func<SystemResult, string> Cell)> Estimate(string name, Func<SystemResult, Estimate?> estimate) =>
    [
        (name, system => Number(estimate(system)?.Value)), ($"{name} low", system => Number(estimate(system)?.Low)), ($"{name} high", system => Number(estimate(system)?.High)),
        ($"{name} n", system => Number(estimate(system)?.Count)), ($"{name} clusters", system => Number(estimate(system)?.Clusters)),
    ];

    private static string Number(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "";

    private static string Number(int? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "";

    private static void AppendRow(StringBuilder text, IEnumerable<string> cells) => text.AppendJoin(',', cells.Select(Quoted)).Append("\r\n");

    private static string Quoted(string cell) => cell.AsSpan().ContainsAny(",\"\r\n") ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;
}
