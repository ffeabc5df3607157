namespace Microsoft.ML.Score.Training;

/// <summary>What the trainer reports while it runs: one of metrics, validation and warning is set.</summary>
/// <param name="Step">Steps taken so far.</param>
/// <param name="TotalSteps">Steps of both stages if neither ends early.</param>
/// <param name="Metrics">Set after a step.</param>
/// <param name="Validation">Set after a validation.</param>
/// <param name="Warning">Set when the data or options ask for attention.</param>
public sealed record TrainingProgress(int Step, int TotalSteps, StepMetrics? Metrics = null, ValidationMetrics? Validation = null, string? Warning = null);

/// <summary>
/// The metrics of one step: means over the step's videos and, where they belong to a rollout, over its rollouts. docs/training.md explains
/// each.
/// </summary>
/// <param name="Stage">The curriculum's stage.</param>
/// <param name="Step">The step, counted from 1 over both stages.</param>
/// <param name="Loss">Equation (8).</param>
/// <param name="BaseCrossEntropy">CE_base, with all tokens, in nats a token.</param>
/// <param name="CrossEntropy">CE of the rollouts, in nats a token.</param>
/// <param name="PerformanceReward">R_perf (5), tau*CE_base - CE.</param>
/// <param name="CompressionReward">R_comp (6), the share of tokens dropped.</param>
/// <param name="SafeShare">Share of rollouts with R_perf above 0.</param>
/// <param name="Retention">Share of tokens kept.</param>
/// <param name="GradientNorm">Euclidean norm of the gradient that Adam is given.</param>
/// <param name="LogitMean">Mean of the policy's logits.</param>
/// <param name="LogitDeviation">Population standard deviation of the policy's logits; tens mean saturation.</param>
/// <param name="VideosWithoutSafe">Share of videos none of whose rollouts is safe.</param>
/// <param name="VideosWithoutSpread">Share of videos that have safe rollouts, one or several that keep as many tokens, so that (7) ranks none above another.</param>
/// <param name="Seconds">Wall-clock duration.</param>
public sealed record StepMetrics(
    TrainingStage Stage, int Step, double Loss, double BaseCrossEntropy, double CrossEntropy, double PerformanceReward, double CompressionReward,
    double SafeShare, double Retention, double GradientNorm, double LogitMean, double LogitDeviation,
    double VideosWithoutSafe, double VideosWithoutSpread, double Seconds)
{
    /// <summary>
    /// Population standard deviation of R_perf over the rollouts of a video, a mean over the step's videos: what advantages can tell apart. Null in records of
    /// earlier versions.
    /// </summary>
    public double? RewardDeviation { get; init; }

    /// <summary>Share of videos whose advantages are all 0, so that they teach nothing. Null in records of earlier versions.</summary>
    public double? VideosWithoutAdvantage { get; init; }

    /// <summary>
    /// Mean entropy of the policy's keep probabilities, in nats a token, over a video's tokens and then over the step's videos: ln 2 = 0.693 where every token is a
    /// coin toss, near 0 where all masks of a video are the same. Null in records of earlier versions.
    /// </summary>
    public double? MaskEntropy { get; init; }
}

/// <summary>How a policy does on the validation set.</summary>
/// <param name="Stage">The curriculum's stage.</param>
/// <param name="Step">Steps taken before.</param>
/// <param name="RetentionRatio">rho of the top-k selection.</param>
/// <param name="CrossEntropy">
/// Mean caption cross-entropy with the k tokens that the policy ranks highest, in nats a token: the criterion, lower is better.
/// </param>
/// <param name="BaseCrossEntropy">The same with all tokens.</param>
/// <param name="IsBest">Whether it is the lowest so far.</param>
/// <param name="Seconds">Wall-clock duration.</param>
public sealed record ValidationMetrics(
    TrainingStage Stage, int Step, double RetentionRatio, double CrossEntropy, double BaseCrossEntropy, bool IsBest, double Seconds)
{
    /// <summary>The mean caption cross-entropy at each of <see cref="TrainerOptions.FurtherValidationRatios"/>, by ratio; null where there is none.</summary>
    public IReadOnlyDictionary<double, double>? FurtherCrossEntropies { get; init; }

    /// <summary>What the policy keeps of the first validation video; null in records of earlier versions, and for frames of more than 4,096 tokens.</summary>
    public ValidationMask? FirstVideo { get; init; }
}

/// <summary>What a run is: its settings and the model that rewards it.</summary>
internal sealed record RunMetrics(int Step, string Version, string Model, string ModelFingerprint, TrainerOptions Options, string? InitialPolicy = null);

/// <summary>How a run ended.</summary>
internal sealed record VerdictMetrics(int Step, bool WentWrong, string Text);
