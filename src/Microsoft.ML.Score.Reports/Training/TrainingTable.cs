using System.Globalization;
using System.Text;
using Microsoft.ML.Score.Training;
using static System.FormattableString;

namespace Microsoft.ML.Score.Reports.Training;

/// <summary>A training in numbers: for programs every step, for readers its validations and how each stage ended.</summary>
internal static class TrainingTable
{
    private static readonly (string Name, Func<StepMetrics, double?> Value)[] s_columns =
    [
        ("loss", step => step.Loss), ("base_cross_entropy", step => step.BaseCrossEntropy), ("cross_entropy", step => step.CrossEntropy),
        ("performance_reward", step => step.PerformanceReward), ("reward_deviation", step => step.RewardDeviation), ("compression_reward", step => step.CompressionReward),
        ("safe_share", step => step.SafeShare), ("retention", step => step.Retention), ("gradient_norm", step => step.GradientNorm),
        ("logit_mean", step => step.LogitMean), ("logit_deviation", step => step.LogitDeviation), ("mask_entropy", step => step.MaskEntropy),
        ("videos_without_safe", step => step.VideosWithoutSafe), ("videos_without_spread", step => step.VideosWithoutSpread),
        ("videos_without_advantage", step => step.VideosWithoutAdvantage), ("seconds", step => step.Seconds),
    ];

    /// <summary>One row a step; the names of columns are those of the record.</summary>
    public static string ToCsv(TrainingRecord record)
    {
        double[] further = [.. FurtherRatios(record)];
        var validations = record.Validations.ToDictionary(validation => validation.Step);
        var steps = record.Steps.ToDictionary(step => step.Step);
        var csv = new StringBuilder();
        Append(["step", "stage", .. s_columns.Select(column => column.Name), "validation_retention_ratio", "validation_cross_entropy", "validation_base_cross_entropy", "validation_is_best",
            .. further.Select(ratio => $"validation_cross_entropy_at_{Text(ratio)}")]);
        foreach (var number in steps.Keys.Union(validations.Keys).Order())
        {
            var (step, validation) = (steps.GetValueOrDefault(number), validations.GetValueOrDefault(number));
            Append([Invariant($"{number}"), (step?.Stage ?? validation!.Stage).ToString(), .. s_columns.Select(column => Text(step is null ? null : column.Value(step))),
                Text(validation?.RetentionRatio), Text(validation?.CrossEntropy), Text(validation?.BaseCrossEntropy), validation is null ? "" : validation.IsBest ? "true" : "false",
                .. further.Select(ratio => Text(validation?.FurtherCrossEntropies is { } values && values.TryGetValue(ratio, out var value) ? value : null))]);
        }

        return csv.ToString();

        void Append(IEnumerable<string> fields) => csv.AppendJoin(',', fields).Append('\n');
    }

    /// <summary>The tables of the page.</summary>
    public static string ToHtml(TrainingRecord record) => $"{(record.Steps.Count == 0 ? "" : Stages(record))}{(record.Validations.Count == 0 ? "" : Validations(record))}";

    private static string Stages(TrainingRecord record)
    {
        var html = new StringBuilder(Table("stages", "The stages", Invariant($"Means of the last {StageName.Window} steps of a stage, or of all where it has fewer."),
            ["stage", "steps", "tau", "CE / CE with all tokens", "reward", "kept", "safe", "without advantage", "seconds a step"]));
        foreach (var stage in record.Steps.GroupBy(step => step.Stage))
        {
            var end = stage.TakeLast(StageName.Window).ToList();
            var tau = record.Options is { } options ? Text(stage.Key == TrainingStage.WarmUp ? options.WarmUpTau : options.MainTau) : "";
            html.Append(Row(StageName.Of(stage.Key), [
                Invariant($"{stage.Count()}"), tau, Invariant($"{end.Average(step => step.CrossEntropy / step.BaseCrossEntropy):F4}"), Invariant($"{end.Average(step => step.PerformanceReward):F4}"),
                Invariant($"{end.Average(step => step.Retention):0.0%}"), Invariant($"{end.Average(step => step.SafeShare):0%}"), Invariant($"{end.Average(step => step.VideosWithoutAdvantage):0%}"),
                Invariant($"{end.Average(step => step.Seconds):G3}")]));
        }

        return html.Append("</tbody></table></div>\n").ToString();
    }

    private static string Validations(TrainingRecord record)
    {
        double[] further = [.. FurtherRatios(record)];
        var ratio = record.Validations[0].RetentionRatio;
        var html = new StringBuilder(Table("validations", "The validations", "Cross-entropy of the captions in nats a token, with the tokens that the policy ranks highest.",
            ["step", "stage", Invariant($"at {ratio * 100:0.##}%"), .. further.Select(value => Invariant($"at {value * 100:0.##}%")), "all tokens", "lowest so far"]));
        foreach (var validation in record.Validations)
            html.Append(Row(Invariant($"{validation.Step}"), [
                StageName.Of(validation.Stage), Invariant($"{validation.CrossEntropy:F4}"),
                .. further.Select(value => validation.FurtherCrossEntropies is { } values && values.TryGetValue(value, out var crossEntropy) ? Invariant($"{crossEntropy:F4}") : ""),
                Invariant($"{validation.BaseCrossEntropy:F4}"), validation.IsBest ? "yes" : ""]));
        return html.Append("</tbody></table></div>\n").ToString();
    }

    private static string Table(string id, string heading, string note, string[] columns) =>
        $"<h2 id=\"{id}-heading\">{heading}</h2>\n<p class=\"quiet\">{note}</p>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"{id}-heading\"><table id=\"{id}\"><thead><tr>{string.Concat(columns.Select(column => $"<th scope=\"col\">{column}</th>"))}</tr></thead><tbody>\n";

    private static string Row(string name, string[] cells) => $"<tr><th scope=\"row\">{name}</th>{string.Concat(cells.Select(cell => $"<td>{cell}</td>"))}</tr>\n";

    private static IEnumerable<double> FurtherRatios(TrainingRecord record) => record.Validations.SelectMany(validation => validation.FurtherCrossEntropies?.Keys ?? []).Distinct().Order();

    private static string Text(double? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "";
}
