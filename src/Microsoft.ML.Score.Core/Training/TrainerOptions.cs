using System.Globalization;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Training;

/// <summary>
/// Settings of <see cref="ScoreTrainer"/>. The paper gives K, the taus and its stage sizes in videos; optimiser, learning rate, batch,
/// hidden width and epsilon are ours (docs/training.md says which experiment is behind each).
/// </summary>
public sealed record TrainerOptions
{
    /// <summary>Seed of the initial weights, the masks and the pseudo-videos. Default 1. The same seed and data give the same bits.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>K, masks sampled for each video, at least 1. Default 16 (paper).</summary>
    public int Rollouts { get; init; } = 16;

    /// <summary>Videos whose gradients are averaged into one step, at least 1. Default 8.</summary>
    public int BatchSize { get; init; } = 8;

    /// <summary>Learning rate of Adam, positive. Default 0.005: as good as the paper's 0.02 in our experiments, without saturated logits.</summary>
    public double LearningRate { get; init; } = 0.005;

    /// <summary>Steps on pseudo-videos, at least 0. Default 60. The paper's 10,000 pseudo-videos are 1,250 steps of 8.</summary>
    public int WarmUpSteps { get; init; } = 60;

    /// <summary>Steps on videos, at least 0. Default 140. The paper's 57,000 videos are 7,125 steps of 8.</summary>
    public int MainSteps { get; init; } = 140;

    /// <summary>Whether there is a warm-up; off is the paper's "real only" ablation. Default true.</summary>
    public bool UseWarmUp { get; init; } = true;

    /// <summary>Whether there is a main stage; off is the paper's "pseudo only" ablation (table 4). Default true.</summary>
    public bool UseMainStage { get; init; } = true;

    /// <summary>Whether the policy sees the residual dX; off is the paper's ablation of table 5. Default true.</summary>
    public bool UseResidual { get; init; } = true;

    /// <summary>Whether the policy divides each token by its root mean square first (ours, without parameters). Default true.</summary>
    public bool UseNormalization { get; init; } = true;

    /// <summary>
    /// Whether the policy scores the DeepStack tensors of tokens (Qwen3-VL) beside their vectors, for (1 + L) times the weights and time; off, the vectors
    /// alone. It then takes tokens with those tensors alone. Default false.
    /// </summary>
    public bool ScoreDeepStack { get; init; }

    /// <summary>tau of the warm-up, at least 1: the cross-entropy may grow by this factor before a rollout is penalised. Default 1.01 (paper).</summary>
    public double WarmUpTau { get; init; } = 1.01;

    /// <summary>tau of the main stage, at least 1. Default 1.02 (paper).</summary>
    public double MainTau { get; init; } = 1.02;

    /// <summary>epsilon of equation (7), positive. Default 1e-6.</summary>
    public double Epsilon { get; init; } = 1e-6;

    /// <summary>Hidden width of a new policy, at least 1. Default 64. An initial policy keeps its own width, residual, normalisation and DeepStack.</summary>
    public int HiddenWidth { get; init; } = 64;

    /// <summary>The user turn that captions answer. Default "Describe the video.".</summary>
    public string CaptionQuestion { get; init; } = Questions.Caption;

    /// <summary>rho in (0, 1] at which policies are compared on the validation set. Default 0.10.</summary>
    public double RetentionRatio { get; init; } = 0.10;

    /// <summary>
    /// Further ratios in (0, 1] at which each validation measures its policy too, for the metrics: one more scoring of each validation row for each. Which policy is
    /// kept does not depend on them. Default none.
    /// </summary>
    public IReadOnlyList<double> FurtherValidationRatios { get; init; } = [];

    /// <summary>Steps between validations, at least 1. Default 20. The untrained policy and the last of a stage are validated too.</summary>
    public int ValidationInterval { get; init; } = 20;

    /// <summary>Validations without a new best after which a stage ends early, at least 1. Default null: no early stop.</summary>
    public int? Patience { get; init; }

    /// <summary>
    /// Videos of a step, or of a validation, that are read and scored at a time, at least 1. Default 1: a model in this process uses all its
    /// cores for one. More are for a reward that is computed elsewhere; the policy's bits do not depend on it, memory does: each holds its
    /// tokens.
    /// </summary>
    public int ConcurrentVideos { get; init; } = 1;

    /// <summary>
    /// Whether a row whose video cannot be read, encoded or used, or whose caption cannot, is passed over for the rest of the run, counted
    /// and warned of; else its error ends training. The next row takes its place. A resumed run meets the rows as an undisturbed one does.
    /// Default false.
    /// </summary>
    public bool SkipUnusableRows { get; init; }

    /// <summary>Where the checkpoint lives; null for none. A folder that already holds one of the same options and model goes on from it.</summary>
    public string? CheckpointFolder { get; init; }

    /// <summary>Steps between checkpoints, at least 1. Default 10.</summary>
    public int CheckpointInterval { get; init; } = 10;

    /// <summary>File of the metrics record (JSON lines); null for none.</summary>
    public string? MetricsPath { get; init; }

    internal int StepsOf(TrainingStage stage) => stage switch
    {
        TrainingStage.WarmUp => UseWarmUp ? WarmUpSteps : 0,
        _ => UseMainStage ? MainSteps : 0,
    };

    internal double TauOf(TrainingStage stage) => stage == TrainingStage.WarmUp ? WarmUpTau : MainTau;

    /// <summary>Names every setting out of range in one message.</summary>
    internal void ThrowIfFaulty(string parameterName) => Faults().ThrowIfAny(parameterName);

    /// <summary>Every setting out of range.</summary>
    public OptionFaults Faults() => new OptionFaults("trainer options")
        .Require(Rollouts >= 1, Rollouts, "be at least 1")
        .Require(BatchSize >= 1, BatchSize, "be at least 1")
        .Require(LearningRate > 0 && double.IsFinite(LearningRate), LearningRate, "be positive and finite")
        .Require(WarmUpSteps >= 0, WarmUpSteps, "be at least 0")
        .Require(MainSteps >= 0, MainSteps, "be at least 0")
        .Require(
            (long)StepsOf(TrainingStage.WarmUp) + StepsOf(TrainingStage.Main) is >= 1 and <= int.MaxValue,
            $"the stages that are switched on must have from 1 to {int.MaxValue} steps together, got {(long)StepsOf(TrainingStage.WarmUp) + StepsOf(TrainingStage.Main)}")
        .Require(WarmUpTau >= 1 && double.IsFinite(WarmUpTau), WarmUpTau, "be finite and at least 1")
        .Require(MainTau >= 1 && double.IsFinite(MainTau), MainTau, "be finite and at least 1")
        .Require(Epsilon > 0 && double.IsFinite(Epsilon), Epsilon, "be positive and finite")
        .Require(HiddenWidth >= 1, HiddenWidth, "be at least 1")
        .Require(!string.IsNullOrWhiteSpace(CaptionQuestion), CaptionQuestion, "not be empty")
        .Require(RetentionRatio is > 0 and <= 1, RetentionRatio, "lie in (0, 1]")
        .Require(
            FurtherValidationRatios is not null && FurtherValidationRatios.All(ratio => ratio is > 0 and <= 1) && FurtherValidationRatios.Distinct().Count() == FurtherValidationRatios.Count,
            string.Join(", ", (FurtherValidationRatios ?? []).Select(ratio => ratio.ToString(CultureInfo.InvariantCulture))), "lie in (0, 1], each once", nameof(FurtherValidationRatios))
        .Require(ValidationInterval >= 1, ValidationInterval, "be at least 1")
        .Require(Patience is null or >= 1, Patience, "be at least 1 or null")
        .Require(ConcurrentVideos >= 1, ConcurrentVideos, "be at least 1")
        .Require(CheckpointInterval >= 1, CheckpointInterval, "be at least 1");

    /// <summary>Every setting that the trained weights depend on, for the checkpoint to recognise.</summary>
    internal Dictionary<string, string> Identity() => new[]
    {
        Setting(nameof(Seed), Seed), Setting(nameof(Rollouts), Rollouts), Setting(nameof(BatchSize), BatchSize), Setting(nameof(LearningRate), LearningRate),
        Setting(nameof(WarmUpSteps), StepsOf(TrainingStage.WarmUp)), Setting(nameof(MainSteps), StepsOf(TrainingStage.Main)),
        Setting(nameof(UseResidual), UseResidual), Setting(nameof(UseNormalization), UseNormalization),
        Setting(nameof(WarmUpTau), WarmUpTau), Setting(nameof(MainTau), MainTau), Setting(nameof(Epsilon), Epsilon),
        Setting(nameof(HiddenWidth), HiddenWidth), Setting(nameof(CaptionQuestion), CaptionQuestion), Setting(nameof(RetentionRatio), RetentionRatio),
        Setting(nameof(ValidationInterval), ValidationInterval), Setting(nameof(Patience), Patience?.ToString(CultureInfo.InvariantCulture) ?? "none"),
    }.ToDictionary();

    private static KeyValuePair<string, string> Setting(string name, IConvertible value) => new(name, value.ToString(CultureInfo.InvariantCulture));
}
