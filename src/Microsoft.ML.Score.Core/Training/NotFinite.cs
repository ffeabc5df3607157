using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Training;

/// <summary>Values of a training step that are NaN or infinite: training diverged.</summary>
/// <param name="What">What the values are.</param>
/// <param name="Length">How many values there are.</param>
/// <param name="Count">How many of them are not finite.</param>
/// <param name="First">The index of the first that is not.</param>
/// <param name="Value">Its value.</param>
internal sealed record NotFinite(string What, int Length, int Count, int First, double Value)
{
    /// <summary>The fault of values; null where all are finite.</summary>
    public static NotFinite? In(string what, ReadOnlySpan<float> values)
    {
        if (FiniteValues.FirstNotFinite(values) is not (>= 0 and var first))
            return null;
        var count = 0;
        foreach (var value in values)
            if (!float.IsFinite(value))
                count++;
        return new NotFinite(what, values.Length, count, first, values[first]);
    }

    /// <summary>The fault of one number; null where it is finite.</summary>
    public static NotFinite? In(string what, double value) => double.IsFinite(value) ? null : new NotFinite(what, 1, 1, 0, value);

    /// <summary>What a user is told: what happened, where the last finite state is, and what to do.</summary>
    /// <param name="step">Steps taken, the state after which is finite.</param>
    /// <param name="options">The settings of the run.</param>
    public NotFiniteNumberException ToException(int step, TrainerOptions options)
    {
        var next = options.CheckpointFolder switch
        {
            _ when step == 0 => "No step was taken. Give a lower LearningRate (--learning-rate), or an initial policy, tokens or cross-entropies of smaller values.",
            null => $"There is no CheckpointFolder, so the last finite state, after step {step}, is lost. Start anew with a lower LearningRate (--learning-rate).",
            var folder => $"The last finite state, after step {step}, is in the checkpoint folder '{folder}', but going on from it diverges again, since it "
                + "accepts the same settings only: start anew with a lower LearningRate (--learning-rate), in another folder or with this one deleted.",
        };
        var values = Length == 1
            ? FormattableString.Invariant($"{What} is {Value}")
            : FormattableString.Invariant($"{Count} of {Length} {What} are not finite, the first at index {First} ({Value})");
        return new NotFiniteNumberException(
            FormattableString.Invariant($"Training diverged at step {step + 1}, at a learning rate of {options.LearningRate}: {values}. {next}"), Value);
    }
}
