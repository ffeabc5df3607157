using Microsoft.ML.Score.Training;

namespace Microsoft.ML.Score.QuickStart;

/// <summary>A line every so many steps, and what is worth a warning.</summary>
internal sealed class StepLines(int every) : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value)
    {
        if (value.Warning is { } warning)
            Console.WriteLine($"  warning: {warning}");
        if (value.Metrics is { } step && step.Step % every == 0)
            Console.WriteLine(FormattableString.Invariant(
                $"  step {step.Step,3} of {value.TotalSteps}: keeps {step.Retention:0%} of the tokens; in {step.SafeShare:0%} of its masks the model loses next to nothing"));
        if (value.Validation is { Step: 0 } before)
            Console.WriteLine(FormattableString.Invariant($"  before: captions cost {before.CrossEntropy:0.000} nats a token from {before.RetentionRatio:0%} of the tokens, {before.BaseCrossEntropy:0.000} from all"));
        else if (value.Validation is { } now && now.Step == value.TotalSteps)
            Console.WriteLine(FormattableString.Invariant($"  after: captions cost {now.CrossEntropy:0.000} nats a token from {now.RetentionRatio:0%} of the tokens"));
    }
}
