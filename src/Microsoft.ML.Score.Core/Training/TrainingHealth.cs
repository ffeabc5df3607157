using Microsoft.ML.Score.Tokens;
using static System.FormattableString;

namespace Microsoft.ML.Score.Training;

/// <summary>
/// Judges from the last steps and the validations of a run whether it goes wrong: equations (5)-(8) give a finite loss and a policy also where there is
/// nothing to learn. docs/training.md lists the troubles.
/// </summary>
internal sealed class TrainingHealth(TrainerOptions options, VideoModelInfo model)
{
    /// <summary>Steps that a judgement averages, and without which there is none: at the defaults 160 videos and 2,560 rollouts, while a step alone swings from 0.2 to 0.9 in its share of safe ones.</summary>
    public const int Window = 20;

    // Above or below rho by this factor in odds. At rho = 0.10 that is below 1.1% or above 53%: training on the synthetic world settles at 2%, which is as many tokens
    // as show its objects, and does well; 0.4% was seen where it did not.
    private const double FarOdds = 10;

    // Of a window's 2,560 rollouts fewer than 26 on the one side: (7) then has one of its two halves only.
    private const double FewRollouts = 0.01;

    // The share of videos that teach little about what to drop. The synthetic world's runs reach 8% to 23% early in a stage and end at 3% to 5%; 63% was seen where it went wrong.
    private const double ManyVideos = 0.30;

    // sigmoid(100) is 1 - 4e-44: every mask is the same, and no gradient is left. The paper's learning rate, four times ours, gives 36.
    private const double SaturatedLogit = 100;

    // After the start: one in a row may be chance, and the second comes where the warm-up is still dropping.
    private const int ValidationsWithoutGain = 3;

    /// <summary>What is wrong now, in the order of its weight; one that explains another comes without it.</summary>
    /// <param name="state">The run.</param>
    /// <param name="atEnd">Whether no more steps come.</param>
    public IEnumerable<TrainingTrouble> Of(TrainerState state, bool atEnd)
    {
        var recent = state.Recent;
        if (recent.Count == 0)
            yield break;
        if (atEnd && model.VocabularySize is { } size && recent.Average(step => step.BaseCrossEntropy) is var guess && guess > Math.Log(size))
            yield return new(TroubleKind.Model,
                Invariant($"with all tokens the captions have {guess:F2} nats a token, more than guessing gives (ln({size}) = {Math.Log(size):F2})"),
                "a model that knows such videos and captions");

        if (Math.Abs(recent[^1].LogitMean) + recent[^1].LogitDeviation is var logit && logit > SaturatedLogit)
            yield return new(TroubleKind.Saturation,
                Invariant($"the logits reached {logit:G3}, so that all masks of a video are the same and nothing more can be learnt"),
                Invariant($"a lower LearningRate (--learning-rate) than {options.LearningRate:R}, or the default"));
        else if (recent.Count == Window)
            foreach (var trouble in OfRollouts(recent))
                yield return trouble;

        if (state.UntrainedCrossEntropy is { } untrained && state.BestStep == 0 && options.RetentionRatio < 1 && state.ValidatedStep > 0
            && (atEnd || state.ValidatedStep >= Math.Max(Window, (long)ValidationsWithoutGain * options.ValidationInterval)))
            yield return new(TroubleKind.Validation,
                Invariant($"no validation up to step {state.ValidatedStep} is below the {untrained:F4} nats a token of the policy that training began with"),
                "more steps, more rows, or a lower LearningRate (--learning-rate)");
    }

    private IEnumerable<TrainingTrouble> OfRollouts(IReadOnlyList<StepSigns> recent)
    {
        var (safe, withoutSafe, withoutSpread) = (recent.Average(step => step.SafeShare), recent.Average(step => step.VideosWithoutSafe), recent.Average(step => step.VideosWithoutSpread));
        if (safe < FewRollouts)
            yield return new(TroubleKind.Safety,
                Invariant($"{safe:0.0%} of the last {Window} steps' rollouts are safe: whatever is dropped, the captions get worse, and the policy is only pushed to keep more"),
                "captions that say what the videos show, or a lower LearningRate (--learning-rate)");
        else if (safe > 1 - FewRollouts)
            yield return new(TroubleKind.Safety,
                Invariant($"{safe:0.0%} of the last {Window} steps' rollouts are safe: whatever is dropped, the captions stay as likely, and nothing tells which tokens matter"),
                "captions that cannot be guessed without the videos");
        else if (Math.Max(withoutSafe, withoutSpread) > ManyVideos)
            yield return new(TroubleKind.Videos,
                Invariant($"of the last {Window} steps' videos {withoutSafe:0%} have no safe rollout and {withoutSpread:0%} none that differ in what they keep: those teach little about what to drop"),
                "longer videos, more Rollouts, or captions that say what the videos show");

        var retention = recent.Average(step => step.Retention);
        if (Odds(retention) > FarOdds * Odds(options.RetentionRatio) || FarOdds * Odds(retention) < Odds(options.RetentionRatio))
            yield return new(TroubleKind.Retention,
                Invariant($"the masks of the last {Window} steps keep {retention:0.0%} of the tokens, far from the {options.RetentionRatio:0.##%} of RetentionRatio (--retention-ratio): what lies between is ranked without training"),
                "a RetentionRatio nearer to it");
    }

    private static double Odds(double share) => share / (1 - share);
}

/// <summary>What a step shows of the run's health: the values of its <see cref="StepMetrics"/> that are judged.</summary>
internal readonly record struct StepSigns(
    double BaseCrossEntropy, double SafeShare, double VideosWithoutSafe, double VideosWithoutSpread, double Retention, double LogitMean, double LogitDeviation)
{
    public const int Count = 7;

    public static StepSigns Of(StepMetrics step) =>
        new(step.BaseCrossEntropy, step.SafeShare, step.VideosWithoutSafe, step.VideosWithoutSpread, step.Retention, step.LogitMean, step.LogitDeviation);

    public static StepSigns Of(ReadOnlySpan<double> values) => new(values[0], values[1], values[2], values[3], values[4], values[5], values[6]);

    public double[] ToArray() => [BaseCrossEntropy, SafeShare, VideosWithoutSafe, VideosWithoutSpread, Retention, LogitMean, LogitDeviation];

    /// <summary>Whether the shares are shares and the deviation is none below zero.</summary>
    public bool IsPossible => new[] { SafeShare, VideosWithoutSafe, VideosWithoutSpread, Retention }.All(share => share is >= 0 and <= 1) && LogitDeviation >= 0;
}

/// <summary>What goes wrong in a training.</summary>
internal enum TroubleKind
{
    Model,
    Saturation,
    Safety,
    Videos,
    Retention,
    Validation,
}

/// <summary>One thing that goes wrong.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Finding">What was found, as a clause.</param>
/// <param name="Remedy">What to try next, as a noun.</param>
internal sealed record TrainingTrouble(TroubleKind Kind, string Finding, string Remedy);
