using System.Globalization;
using Microsoft.ML.Score.Evaluation;

namespace Microsoft.ML.Score.Experiment;

/// <summary>The figures of the report, by file name.</summary>
internal static class FigureSet
{
    public const string ContextRot = "context-rot.svg";

    public static string BarsOf(string length) => $"selections-{length}.svg";

    public static string LinesOf(string length) => $"retention-{length}.svg";

    public static IEnumerable<(string Name, string Svg)> Draw(ExperimentResults results)
    {
        var lowest = results.Settings.Ratios.Min();
        foreach (var length in results.Lengths)
        {
            yield return (BarsOf(length), BarChart.Draw($"Accuracy at {Format.Ratio(lowest)} of the tokens, {length} videos, %",
                [.. results.Table(length, lowest).Select(row => new Bar(NameOf(row), row.Kind, In(row.Accuracy)))]));

            // The retention is the actual one: some keep more than they are asked to, some less.
            yield return (LinesOf(length), LineChart.Draw($"Accuracy by retention, {length} videos", "tokens kept, %", "right answers, %",
                [.. results.Rows.Where(row => row.Length == length && row.Kind is SelectionKind.Score or SelectionKind.Rival)
                    .GroupBy(row => row.Result.Name).Select(rows => new Line(rows.Key, [.. rows.OrderBy(row => row.Result.Retention).Select(row => (row.Result.Retention * 100, In(row.Accuracy)))]))]));
        }

        yield return (ContextRot, LineChart.Draw("Context rot: three objects in ever longer videos", "time steps", "right answers, %",
        [
            new Line($"SCORE at {Format.Ratio(ExperimentSettings.SweepRatio)}", [.. results.SweepPairs().Select(pair => (Steps(pair.Score), In(pair.Score.Accuracy)))]),
            new Line("all tokens", [.. results.SweepPairs().Select(pair => (Steps(pair.AllTokens), In(pair.AllTokens.Accuracy)))]),
        ]));
    }

    private static string NameOf(ExperimentRow row) => row.Kind == SelectionKind.AllTokens || row.ReachesRatio ? row.Result.Name : $"{row.Result.Name} (keeps {Format.Ratio(row.Result.Retention)})";

    private static double Steps(ExperimentRow row) => double.Parse(row.Length, CultureInfo.InvariantCulture);

    private static Measured In(Estimate estimate) => new(estimate.Value * 100, estimate.Low * 100, estimate.High * 100);
}
