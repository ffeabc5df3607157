using System.Globalization;
using Microsoft.ML.Score.Reports.Pages;
using Microsoft.ML.Score.Training;

namespace Microsoft.ML.Score.Reports.Training;

/// <summary>A run's settings and where it comes from.</summary>
internal static class TrainingFacts
{
    public static string ToHtml(TrainingRecord record, string? source) => $"""
        {(record.Options is { } options ? $"<h2>Settings</h2>\n{List(Settings(options))}" : "")}
        <h2>Where it comes from</h2>
        {List(Origin(record, source))}
        """;

    private static IEnumerable<(string Name, string? Value)> Settings(TrainerOptions options) =>
    [
        ("Retention ratio rho", Text(options.RetentionRatio)), ("Further validation ratios", options.FurtherValidationRatios.Count == 0 ? "none" : string.Join(", ", options.FurtherValidationRatios.Select(Text))),
        ("Seed", Text(options.Seed)),
        ("Warm-up steps", options.UseWarmUp ? Text(options.WarmUpSteps) : "none"), ("Main stage steps", options.UseMainStage ? Text(options.MainSteps) : "none"),
        ("tau", $"{Text(options.WarmUpTau)} in the warm-up, {Text(options.MainTau)} in the main stage"),
        ("Videos a step", Text(options.BatchSize)), ("Rollouts a video", Text(options.Rollouts)), ("Learning rate", Text(options.LearningRate)), ("Hidden width", Text(options.HiddenWidth)),
        ("Residual", options.UseResidual ? "yes" : "no"), ("Normalisation", options.UseNormalization ? "yes" : "no"), ("DeepStack", options.ScoreDeepStack ? "yes" : "no"),
        ("Steps between validations", Text(options.ValidationInterval)), ("Patience", options.Patience is { } patience ? Text(patience) : "none"), ("Question", options.CaptionQuestion),
    ];

    private static IEnumerable<(string Name, string? Value)> Origin(TrainingRecord record, string? source) =>
    [
        ("Metrics record", source), ("Model", record.Model), ("Fingerprint", record.ModelFingerprint), ("Initial policy", record.InitialPolicy is { } hash ? $"SHA-256 {hash}" : record.Model is null ? null : "none"),
        ("Library version", record.Version ?? "one whose records do not say their settings"),
    ];

    private static string List(IEnumerable<(string Name, string? Value)> facts) =>
        $"<dl class=\"facts\">\n{string.Concat(facts.Where(fact => fact.Value is not null).Select(fact => $"<dt>{HtmlPage.Encode(fact.Name)}</dt><dd>{HtmlPage.Encode(fact.Value!)}</dd>\n"))}</dl>";

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
