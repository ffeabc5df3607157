using System.Text;
using Microsoft.ML.Score.Evaluation;

namespace Microsoft.ML.Score.Experiment;

/// <summary>The results in Markdown, with links to the figures.</summary>
internal static class ExperimentReport
{
    public static string Write(ExperimentResults results, IReadOnlyList<Promise> promises)
    {
        var text = new StringBuilder();
        WriteSettings(text, results);
        WritePromises(text, promises);
        foreach (var length in results.Lengths)
            WriteLength(text, results, length);
        WriteSweep(text, results);
        return text.Replace("\r\n", "\n").ToString();
    }

    private static void WriteSettings(StringBuilder text, ExperimentResults results)
    {
        var settings = results.Settings;
        text.AppendLine($"""
            # The experiment on the synthetic benchmark

            Model "{results.Model}" ({results.Fingerprint[..12]}), {settings.Seeds} seeds, {settings.WarmUpSteps} warm-up and {settings.MainSteps} main steps, {settings.TrainingVideos} training videos,
            tested on {settings.Videos} videos of each length. Runs of one row are averaged question by question before anything is compared. Intervals are 95%,
            bootstrapped over videos; differences and kept shares are paired.

            """);
    }

    private static void WritePromises(StringBuilder text, IReadOnlyList<Promise> promises)
    {
        text.AppendLine("## Promises").AppendLine().AppendLine("| promise | measured | holds |").AppendLine("|---|---|---|");
        foreach (var promise in promises)
            text.AppendLine($"| {promise.Text} | {promise.Measured} | {(promise.Holds ? "yes" : "NO")} |");
        text.AppendLine();
    }

    private static void WriteLength(StringBuilder text, ExperimentResults results, string length)
    {
        text.AppendLine($"## Videos: {length}").AppendLine()
            .AppendLine($"![Accuracy at the lowest ratio]({FigureSet.BarsOf(length)})").AppendLine().AppendLine($"![Accuracy by retention]({FigureSet.LinesOf(length)})").AppendLine();
        foreach (var ratio in results.Settings.Ratios)
        {
            text.AppendLine($"### {Format.Ratio(ratio)} of the tokens, {length}").AppendLine()
                .AppendLine("| selection | kind | runs | tokens kept, % | accuracy, % | kept share of all-token accuracy, % | SCORE minus it, points | caption CE | prefill, ms | unreadable |")
                .AppendLine("|---|---|---|---|---|---|---|---|---|---|");
            foreach (var row in results.Table(length, ratio))
                text.AppendLine($"| {row.Result.Name} | {Name(row.Kind)} | {row.Result.Runs} | {Format.Percent(row.Result.Retention)}{(row.Kind == SelectionKind.AllTokens || row.ReachesRatio ? "" : " (cannot reach it)")} | {Format.Interval(row.Accuracy)} | "
                    + $"{(row.Result.KeptShare is null ? "" : Format.Interval(row.Result.KeptShare))} | {(row.ScoreMinus is null ? "" : Format.Difference(row.ScoreMinus))} | "
                    + $"{Format.Number(row.Result.CaptionCrossEntropy!.Value, "0.000")} | {Format.Number(row.Result.Times.Prefill.TotalMilliseconds, "0.0")} | {row.Result.UnreadableAnswers} |");
            text.AppendLine();
        }

        text.AppendLine($"### By category, {length}").AppendLine().AppendLine("| category | questions | all tokens, % | SCORE at the lowest ratio, % |").AppendLine("|---|---|---|---|");
        var lowest = results.Table(length, results.Settings.Ratios.Min()).ToList();
        foreach (var (all, score) in ByCategory(lowest, SelectionKind.AllTokens).Zip(ByCategory(lowest, SelectionKind.Score)))
            text.AppendLine($"| {all.Name} | {all.Estimate.Count} | {Format.Interval(all.Estimate)} | {Format.Interval(score.Estimate)} |");
        text.AppendLine();

        text.AppendLine($"### What is kept at the lowest ratio, {length}").AppendLine().AppendLine("| selection | objects, % | bystanders and distractors, % | background, % |").AppendLine("|---|---|---|---|");
        foreach (var row in results.Coverage.Where(row => row.Length == length))
            text.AppendLine($"| {row.Selection} | {Format.Percent(row.Objects)} | {Format.Percent(row.Misleading)} | {Format.Percent(row.Background)} |");
        text.AppendLine();
    }

    private static void WriteSweep(StringBuilder text, ExperimentResults results)
    {
        text.AppendLine("## Context rot").AppendLine().AppendLine("Three objects in every video, whatever its length.").AppendLine()
            .AppendLine($"![Accuracy by length]({FigureSet.ContextRot})").AppendLine()
            .AppendLine($"| steps | questions | all tokens, % | SCORE at {Format.Ratio(ExperimentSettings.SweepRatio)}, % | tokens kept, % | SCORE minus all tokens, points |").AppendLine("|---|---|---|---|---|---|");
        foreach (var (score, all) in results.SweepPairs())
            text.AppendLine($"| {all.Length} | {all.Accuracy.Count} | {Format.Interval(all.Accuracy)} | {Format.Interval(score.Accuracy)} | {Format.Percent(score.Result.Retention)} | {Format.Difference(all.ScoreMinus!)} |");
    }

    private static IReadOnlyList<NamedEstimate> ByCategory(IEnumerable<ExperimentRow> rows, SelectionKind kind) => rows.Single(row => row.Kind == kind).Result.Benchmarks[0].ByCategory;

    private static string Name(SelectionKind kind) => kind switch
    {
        SelectionKind.Ablation => "ablation",
        SelectionKind.Rival => "rival",
        SelectionKind.Control => "control",
        _ => "",
    };
}
