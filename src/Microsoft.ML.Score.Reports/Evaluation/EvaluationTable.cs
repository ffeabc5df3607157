using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Reports.Evaluation;

namespace Microsoft.ML.Score.Reports;

/// <summary>
/// A result as a table of text, a row per system: the one list of columns that the terminal, pages and Markdown show. The same in every language.
/// </summary>
public sealed class EvaluationTable
{
    private EvaluationTable(string[] headers, IEnumerable<string[]> rows) => (Headers, Rows) = (headers, [.. rows]);

    /// <summary>The first columns, which say what a row is: the system and its budget.</summary>
    public static int KeyColumns => 2;

    /// <summary>The names of the columns.</summary>
    public IReadOnlyList<string> Headers { get; }

    /// <summary>The cells of each row, as many as there are headers; "-" where there is no figure.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Rows { get; }

    /// <summary>Accuracy, overall, by benchmark and by length, and what it costs, as in the paper's tables.</summary>
    /// <param name="result">The result.</param>
    public static EvaluationTable OfAccuracy(BenchmarkResult result)
    {
        ArgumentNullException.ThrowIfNull(result);

        var several = result.Benchmarks.Count > 1;
        return new EvaluationTable(
            [
                "system", "budget", "kept", .. result.Systems[0].Benchmarks.SelectMany(score => Headers(score, several)), .. several ? ["average"] : Array.Empty<string>(),
                "% of all tokens", "95% interval", "SCORE minus it", "95% interval", "caption CE", "tokens", "prefill (ms)", "speed-up",
            ],
            result.Systems.Select(system => (string[])
            [
                system.Name, Figures.Budget(system), Figures.Percent(system.Retention), .. system.Benchmarks.SelectMany(Cells),
                .. several ? [Figures.Percent(system.Accuracy.Value)] : Array.Empty<string>(),
                system.KeptShare is { } kept ? Figures.Text($"{100 * kept.Value:0.0}") : "-", Figures.Interval(system.KeptShare),
                system.ReferenceMinusThis is { } difference ? Figures.Text($"{100 * difference.Value:0.0} pt") : "-", Figures.Interval(system.ReferenceMinusThis),
                system.CaptionCrossEntropy is { } crossEntropy ? Figures.Text($"{crossEntropy.Value:0.000}") : "-",
                Figures.Text($"{system.Tokens:0.0}"), Figures.Milliseconds(system.Times.Prefill), Figures.Text($"{system.SpeedUp:0.0}x"),
            ]));

        static IEnumerable<string> Headers(BenchmarkScore score, bool several) =>
            [several ? score.Benchmark : "accuracy", .. score.ByLength.Count > 1 ? score.ByLength.Select(length => length.Name) : []];

        static IEnumerable<string> Cells(BenchmarkScore score) =>
            [Figures.Percent(score.Metrics[0].Estimate.Value), .. score.ByLength.Count > 1 ? score.ByLength.Select(length => Figures.Percent(length.Estimate.Value)) : []];
    }

    /// <summary>Where the time goes, in milliseconds.</summary>
    /// <param name="result">The result.</param>
    public static EvaluationTable OfTimes(BenchmarkResult result)
    {
        ArgumentNullException.ThrowIfNull(result);

        return new EvaluationTable(
            ["ms", "budget", .. TimeParts.All.Select(part => part.Name)],
            result.Systems.Select(system => (string[])[system.Name, Figures.Budget(system), .. TimeParts.All.Select(part => Figures.Milliseconds(part.Of(system.Times)))]));
    }

    /// <summary>A whole document as Markdown, to be pasted.</summary>
    /// <param name="document">The document.</param>
    public static string ToMarkdown(EvaluationDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);

        return EvaluationMarkdown.Of(document);
    }

    /// <summary>
    /// Every figure of a document as CSV (RFC 4180, numbers with a point), a row per system: of each estimate the value, the ends of its 95% interval, and on how many answers
    /// and videos it rests.
    /// </summary>
    /// <param name="document">The document.</param>
    public static string ToCsv(EvaluationDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);

        return EvaluationCsv.Of(document);
    }
}
