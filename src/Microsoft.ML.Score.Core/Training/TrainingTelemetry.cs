using System.Diagnostics.Metrics;
using Microsoft.ML.Score.Models;

namespace Microsoft.ML.Score.Training;

/// <summary>What a training tells those who watch it, docs/observability.md: the numbers of its metrics record while they come about.</summary>
internal static class TrainingTelemetry
{
    public const string TrainActivity = "score.train";
    public const string StepActivity = "score.train.step";
    public const string ValidationActivity = "score.train.validation";

    private const string StageTag = "score.train.stage";
    private const string StepTag = "score.train.step";
    private const string RatioTag = "score.retention_ratio";
    private const string CrossEntropyUnit = "{nat}/{token}";

    private static readonly Counter<long> s_steps = ScoreTelemetry.Meter.CreateCounter<long>("score.train.steps", "{step}", "Steps taken.");
    private static readonly Counter<long> s_rollouts = ScoreTelemetry.Meter.CreateCounter<long>("score.train.rollouts", "{rollout}", "Rollouts scored.");
    private static readonly Histogram<double> s_stepDuration = ScoreTelemetry.Seconds("score.train.step.duration", "Time of a step.");
    private static readonly Gauge<double> s_reward = ScoreTelemetry.Meter.CreateGauge<double>("score.train.reward", CrossEntropyUnit, "Mean performance reward (5) of the last step.");
    private static readonly Gauge<double> s_retention = ScoreTelemetry.Meter.CreateGauge<double>("score.train.retention", "1", "Share of tokens that the last step's masks keep.");
    private static readonly Gauge<double> s_crossEntropy = ScoreTelemetry.Meter.CreateGauge<double>("score.train.cross_entropy", CrossEntropyUnit, "Cross-entropy of the last step's rollouts.");
    private static readonly Gauge<double> s_baseCrossEntropy = ScoreTelemetry.Meter.CreateGauge<double>("score.train.base_cross_entropy", CrossEntropyUnit, "Cross-entropy of the last step's videos with all tokens.");
    private static readonly Histogram<double> s_validationDuration = ScoreTelemetry.Seconds("score.train.validation.duration", "Time of a validation.");
    private static readonly Gauge<double> s_validationCrossEntropy = ScoreTelemetry.Meter.CreateGauge<double>("score.train.validation.cross_entropy", CrossEntropyUnit, "Cross-entropy of the last validation.");

    public static ScoreTelemetry.Work StartTraining(string model, TrainerOptions options)
    {
        var work = ScoreTelemetry.Start(TrainActivity);
        work.Activity?.SetTag(ScoreTelemetry.ModelTag, model).SetTag("score.train.seed", options.Seed).SetTag(RatioTag, options.RetentionRatio);
        return work;
    }

    /// <summary>Says how a training ended.</summary>
    public static void Ended(ScoreTelemetry.Work work, TrainingResult result)
    {
        work.Activity?.SetTag("score.train.steps", result.Steps).SetTag("score.train.went_wrong", result.WentWrong);
        work.Done();
    }

    /// <summary>Says what a step showed.</summary>
    public static void Ended(ScoreTelemetry.Work work, StepMetrics step, int rollouts)
    {
        var stage = Tag(step.Stage);
        s_steps.Add(1, stage);
        s_rollouts.Add(rollouts, stage);
        s_stepDuration.Record(step.Seconds, stage);
        s_reward.Record(step.PerformanceReward, stage);
        s_retention.Record(step.Retention, stage);
        s_crossEntropy.Record(step.CrossEntropy, stage);
        s_baseCrossEntropy.Record(step.BaseCrossEntropy, stage);
        work.Activity?.SetTag(StageTag, stage.Value).SetTag(StepTag, step.Step).SetTag("score.train.reward", step.PerformanceReward)
            .SetTag("score.train.retention", step.Retention).SetTag("score.train.cross_entropy", step.CrossEntropy);
        work.Done();
    }

    /// <summary>Says what a validation showed.</summary>
    public static void Ended(ScoreTelemetry.Work work, ValidationMetrics validation)
    {
        var stage = Tag(validation.Stage);
        s_validationDuration.Record(validation.Seconds, stage);
        s_validationCrossEntropy.Record(validation.CrossEntropy, stage);
        work.Activity?.SetTag(StageTag, stage.Value).SetTag(StepTag, validation.Step).SetTag(RatioTag, validation.RetentionRatio)
            .SetTag("score.train.validation.cross_entropy", validation.CrossEntropy).SetTag("score.train.validation.is_best", validation.IsBest);
        work.Done();
    }

    private static KeyValuePair<string, object?> Tag(TrainingStage stage) => new(StageTag, stage == TrainingStage.WarmUp ? "warm_up" : "main");
}
