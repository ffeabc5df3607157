using System.Globalization;
using System.Text;
using Microsoft.ML.Score.Evaluation;

namespace Microsoft.ML.Score.Experiment;

/// <summary>The experiment's tables in Markdown.</summary>
internal sealed class ExperimentReport(BenchmarkResult result, IReadOnlyList<Competitor> competitors, IReadOnlyList<double> ratios)
{
    /// <summary>Long videos are for testing only, so nothing is promised of all tokens there.</summary>
    private static readonly string[] TrainedLengths = ["short", "medium"];

    private readonly string[] _lengths = [.. result.Questions.Select(question => question.LengthClass).Distinct()];
    private readonly BenchmarkSystem[] _all = [BenchmarkSystem.AllTokens];

    public string Write(string preamble)
    {
        var text = new StringBuilder();
        text.AppendLine("# The experiment on the synthetic benchmark").AppendLine().AppendLine(preamble).AppendLine();
        WriteAllTokens(text);
        foreach (var ratio in ratios)
            WriteRatio(text, ratio);
        return text.ToString();
    }

    /// <summary>Whether every promise about the trained policy holds, with a line for each that does not.</summary>
    public IReadOnlyList<string> BrokenPromises()
    {
        var broken = new List<string>();
        foreach (var length in TrainedLengths.Intersect(_lengths))
            if (result.Accuracy(_all, question => question.LengthClass == length) is { Value: < 0.90 } accuracy)
                broken.Add($"all tokens on {length}: {Percent(accuracy.Value)}, promised 90%");

        var score = competitors[0];
        var lowest = ratios.Min();
        var kept = result.Accuracy(score.At(lowest)).Value / result.Accuracy(_all).Value;
        if (kept < 0.97)
            broken.Add($"SCORE at {lowest:P0} keeps {Percent(kept)} of all-token accuracy, promised 97%");
        foreach (var ratio in ratios)
            foreach (var rival in competitors.Where(competitor => competitor.IsControl))
            {
                var difference = result.Difference(score.At(ratio), rival.At(ratio));
                if (ratio == lowest ? difference.Low <= 0 : difference.High < 0)
                    broken.Add($"SCORE minus {rival.Name} at {ratio:P0}: {Difference(difference)}");
            }

        return broken;
    }

    private void WriteAllTokens(StringBuilder text)
    {
        text.AppendLine("## All tokens").AppendLine().AppendLine("| length or category | accuracy, % | questions | videos |").AppendLine("|---|---|---|---|");
        foreach (var (name, accuracy) in result.AccuracyByLength(_all).Concat(result.AccuracyByCategory(_all)).Append(("all", result.Accuracy(_all))))
            text.AppendLine($"| {name} | {Interval(accuracy)} | {accuracy.Count} | {accuracy.Clusters} |");
        text.AppendLine().AppendLine($"Caption cross-entropy {Number(result.CaptionCrossEntropy(_all).Value, "0.000")} nats a token, prefill {Milliseconds(_all)} ms, {Number(result.KeptCount(_all), "0")} tokens.").AppendLine();
    }

    private void WriteRatio(StringBuilder text, double ratio)
    {
        text.AppendLine(CultureInfo.InvariantCulture, $"## {ratio:P0} of the tokens").AppendLine()
            .AppendLine($"| selection | runs | accuracy, % | kept share of all-token accuracy, % | SCORE minus it, points | {string.Join(" | ", _lengths)} | caption CE | tokens | prefill, ms | unreadable |")
            .AppendLine($"|---|---|---|---|---|{string.Concat(_lengths.Select(_ => "---|"))}---|---|---|---|");
        foreach (var competitor in competitors)
        {
            var systems = competitor.At(ratio);
            var accuracy = result.Accuracy(systems);
            var difference = competitor == competitors[0] ? "" : Difference(result.Difference(competitors[0].At(ratio), systems));
            var byLength = _lengths.Select(length => Percent(result.Accuracy(systems, question => question.LengthClass == length).Value));
            text.AppendLine($"| {competitor.Name} | {systems.Count} | {Interval(accuracy)} | {Percent(accuracy.Value / result.Accuracy(_all).Value)} | {difference} | {string.Join(" | ", byLength)} | "
                + $"{Number(result.CaptionCrossEntropy(systems).Value, "0.000")} | {Number(result.KeptCount(systems), "0")} | {Milliseconds(systems)} | {result.UnreadableAnswers(systems)} |");
        }

        text.AppendLine();
    }

    private string Milliseconds(IReadOnlyCollection<BenchmarkSystem> systems) => Number(result.PrefillTime(systems).TotalMilliseconds, "0.0");

    private static string Interval(Estimate estimate) => $"{Percent(estimate.Value)} ({Percent(estimate.Low)} to {Percent(estimate.High)})";

    private static string Difference(Estimate estimate) => $"{Signed(estimate.Value)} ({Signed(estimate.Low)} to {Signed(estimate.High)})";

    private static string Percent(double share) => Number(share * 100, "0.0");

    private static string Signed(double share) => Number(share * 100, "+0.0;-0.0;0.0");

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
