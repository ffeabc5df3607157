using static System.FormattableString;

namespace Microsoft.ML.Score.Training;

/// <summary>How a training went, in a line.</summary>
/// <param name="WentWrong">Whether the policy is to be mistrusted.</param>
/// <param name="Text">What went well, or what went wrong and what to try next.</param>
internal sealed record TrainingVerdict(bool WentWrong, string Text)
{
    /// <param name="state">The run at its end.</param>
    /// <param name="options">Its settings.</param>
    /// <param name="troubles">What is wrong at the end.</param>
    public static TrainingVerdict Of(TrainerState state, TrainerOptions options, IReadOnlyList<TrainingTrouble> troubles)
    {
        var gain = state.Best is not null && state.BestStep > 0 && state.UntrainedCrossEntropy is { } untrained
            ? Invariant($"the policy of step {state.BestStep} has {state.BestCrossEntropy:F4} nats a token on the validation set with {options.RetentionRatio:0.##%} of the tokens, against {untrained:F4} before training")
            : null;
        // Where the kept policy is measurably better, it is no fault that training keeps fewer tokens than it will.
        var wrong = troubles.Where(trouble => gain is null || trouble.Kind != TroubleKind.Retention).ToList();
        if (wrong.Count > 0)
            return new(true, $"It went wrong: {string.Join("; ", wrong.Select(trouble => trouble.Finding))}. Try {string.Join("; or ", wrong.Select(trouble => trouble.Remedy))}.");

        var few = state.Recent.Count < TrainingHealth.Window ? Invariant($" The last stage's {state.Recent.Count} steps are too few to judge more; it takes {TrainingHealth.Window}.") : "";
        if (gain is not null)
            return new(false, $"It went well: {gain}.{string.Concat(troubles.Select(trouble => $" But {trouble.Finding}; try {trouble.Remedy}."))}{few}");
        return new(false, Invariant($"Nothing went wrong in {state.Step} steps, but ") + (state.Best is null
            ? "without a validation set nothing says how good the policy is: give one (--validation)."
            : Invariant($"nothing says that the policy is better than before: it has {state.BestCrossEntropy:F4} nats a token on the validation set with {options.RetentionRatio:0.##%} of the tokens.")) + few);
    }
}
