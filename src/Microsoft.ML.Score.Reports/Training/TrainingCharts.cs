using Microsoft.ML.Score.Reports.Charts;
using Microsoft.ML.Score.Training;
using static System.FormattableString;

namespace Microsoft.ML.Score.Reports.Training;

/// <summary>The charts of a training, those that decide first.</summary>
internal sealed class TrainingCharts(TrainingRecord record)
{
    private const string StepAxis = "step";
    private const string NatsAxis = "nats a token";

    private readonly IReadOnlyList<StepMetrics> _steps = record.Steps;
    private readonly IReadOnlyList<ValidationMetrics> _validations = record.Validations;

    // Where the main stage begins, between the last step of the warm-up and its own first.
    private readonly IReadOnlyList<ReferenceLine> _boundary =
        [.. record.Steps.Zip(record.Steps.Skip(1)).Where(pair => pair.First.Stage != pair.Second.Stage).Select(pair => new ReferenceLine((pair.First.Step + pair.Second.Step) / 2.0, "main stage"))];

    public IEnumerable<LineChart> All()
    {
        if (_validations.Count > 0)
            yield return Validation();
        if (_validations.Any(validation => validation.FurtherCrossEntropies is { Count: > 0 }))
            yield return Ratios();
        if (_steps.Count == 0)
            yield break;
        yield return Bar();
        yield return Reward();
        yield return Retention();
        yield return Safety();
        if (_steps.Any(step => step.MaskEntropy is not null))
            yield return Entropy();
    }

    private LineChart Validation()
    {
        var further = _validations.SelectMany(validation => validation.FurtherCrossEntropies?.Keys ?? []).Distinct().Order().ToList();
        return new()
        {
            Title = "Validation cross-entropy",
            Note = "Lower is better; the policy of the lowest point at the criterion's ratio is kept.",
            Summary = Invariant($"The validation cross-entropy over {_validations.Count} validations, from {_validations[0].CrossEntropy:F4} to {_validations[^1].CrossEntropy:F4}; lowest {_validations.Min(validation => validation.CrossEntropy):F4}."),
            XLabel = StepAxis,
            YLabel = NatsAxis,
            Series =
            [
                new($"{LineChart.Percent(_validations[0].RetentionRatio)}, the criterion", Points(validation => validation.CrossEntropy), SeriesStyle.LineAndDots),
                new("all tokens", Points(validation => validation.BaseCrossEntropy), IsDashed: true) { Color = 7 },
                .. further.Select((ratio, index) => new ChartSeries(LineChart.Percent(ratio), Points(validation => At(validation, ratio)), SeriesStyle.LineAndDots) { Color = index + 1 }),
            ],
            Moments = _boundary,
        };
    }

    private LineChart Ratios()
    {
        List<ValidationMetrics?> shown = [_validations[0], _validations.LastOrDefault(validation => validation.IsBest), _validations[^1]];
        return new()
        {
            Title = "Validation cross-entropy by ratio",
            Note = "What the ranking is worth where more or fewer tokens are kept than at the criterion's ratio.",
            Summary = "The validation cross-entropy at each ratio, of the first policy, the best and the last.",
            XLabel = "share of tokens kept",
            YLabel = NatsAxis,
            HasLogX = true,
            FormatX = LineChart.Percent,
            Series = [.. shown.OfType<ValidationMetrics>().DistinctBy(validation => validation.Step).Select(validation => new ChartSeries(Invariant($"step {validation.Step}{(validation.IsBest && validation == shown[1] ? ", kept" : "")}"), Curve(validation), SeriesStyle.LineAndDots))],
        };

        static List<ChartPoint> Curve(ValidationMetrics validation) =>
            [.. (validation.FurtherCrossEntropies ?? new Dictionary<double, double>()).Append(new(validation.RetentionRatio, validation.CrossEntropy)).DistinctBy(point => point.Key).OrderBy(point => point.Key).Select(point => new ChartPoint(point.Key, point.Value))];
    }

    private LineChart Bar()
    {
        List<ChartSeries> series = [Line("rollouts / all tokens", step => step.CrossEntropy / step.BaseCrossEntropy)];
        if (record.Options is { } options)
            series.Add(new("tau, the bar", [.. Enum.GetValues<TrainingStage>().SelectMany(stage => Bar(stage, stage == TrainingStage.WarmUp ? options.WarmUpTau : options.MainTau))], IsDashed: true) { Color = 7 });
        return new()
        {
            Title = "Cross-entropy against all tokens",
            Note = "What dropping tokens costs in training. A rollout below the bar is safe.",
            Summary = Invariant($"The rollouts' cross-entropy as a multiple of that with all tokens; {_steps[^1].CrossEntropy / _steps[^1].BaseCrossEntropy:F3} in the last step."),
            XLabel = StepAxis,
            YLabel = "multiple of CE with all tokens",
            Series = series,
            Moments = _boundary,
        };

        // Ends in a point that cannot be drawn, so that the bars of the stages are not joined.
        IEnumerable<ChartPoint> Bar(TrainingStage stage, double tau) => _steps.Where(step => step.Stage == stage).ToList() is { Count: > 0 } steps
            ? [new(steps[0].Step, tau, Text: Invariant($"tau {tau}")), new(steps[^1].Step, tau, Text: Invariant($"tau {tau}")), new(double.NaN, double.NaN)]
            : [];
    }

    private LineChart Reward() => new()
    {
        Title = "Reward",
        Note = "tau times the cross-entropy with all tokens, less that of a rollout (5). It settles around 0, the edge of the safe zone.",
        Summary = Invariant($"The mean performance reward over {_steps.Count} steps, {_steps[^1].PerformanceReward:F4} in the last."),
        XLabel = StepAxis,
        YLabel = NatsAxis,
        Series =
        [
            Line("mean", step => step.PerformanceReward),
            .. _steps.Any(step => step.RewardDeviation is not null) ? new[] { Line("deviation within a video", step => step.RewardDeviation ?? double.NaN) } : [],
        ],
        Values = [new(0, "")],
        Moments = _boundary,
    };

    private LineChart Retention() => new()
    {
        Title = "Tokens that the masks keep",
        Note = "Sampled in training; no term of the reward holds them at rho.",
        Summary = Invariant($"The share of tokens that sampled masks keep, from {_steps[0].Retention:0.0%} to {_steps[^1].Retention:0.0%}."),
        XLabel = StepAxis,
        YLabel = "share kept",
        FormatY = LineChart.Percent,
        YFrom = 0,
        Series = [Line("kept", step => step.Retention)],
        Values = record.Options is { } options ? [new(options.RetentionRatio, $"rho {LineChart.Percent(options.RetentionRatio)}")] : [],
        Moments = _boundary,
    };

    private LineChart Safety() => new()
    {
        Title = "Safe rollouts, and videos that teach nothing",
        Note = "Training needs both safe and unsafe rollouts.",
        Summary = Invariant($"The share of safe rollouts, {_steps[^1].SafeShare:0%} in the last step, and of videos without any."),
        XLabel = StepAxis,
        YLabel = "share",
        FormatY = LineChart.Percent,
        YFrom = 0,
        YTo = 1,
        Series =
        [
            Line("safe rollouts", step => step.SafeShare),
            Line("videos without a safe one", step => step.VideosWithoutSafe),
            .. _steps.Any(step => step.VideosWithoutAdvantage is not null) ? new[] { Line("videos without advantage", step => step.VideosWithoutAdvantage ?? double.NaN) } : [],
        ],
        Moments = _boundary,
    };

    private LineChart Entropy() => new()
    {
        Title = "Entropy of the masks",
        Note = "Near 0 all masks of a video are the same, and nothing more is learnt.",
        Summary = "The mean entropy of the policy's keep probabilities.",
        XLabel = StepAxis,
        YLabel = NatsAxis,
        YFrom = 0,
        Series = [Line("entropy", step => step.MaskEntropy ?? double.NaN)],
        Values = [new(Math.Log(2), "coin toss")],
        Moments = _boundary,
    };

    private ChartSeries Line(string name, Func<StepMetrics, double> value) => new(name, StepMeans.Of(_steps, value));

    private List<ChartPoint> Points(Func<ValidationMetrics, double> value) => [.. _validations.Select(validation => new ChartPoint(validation.Step, value(validation)))];

    private static double At(ValidationMetrics validation, double ratio) => validation.FurtherCrossEntropies?.TryGetValue(ratio, out var value) == true ? value : double.NaN;
}
