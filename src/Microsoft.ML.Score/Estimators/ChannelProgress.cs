using Microsoft.ML.Runtime;
using Microsoft.ML.Score.Training;

namespace Microsoft.ML.Score.Estimators;

/// <summary>
/// Writes the trainer's progress to an ML.NET channel, from where it reaches <see cref="MLContext.Log"/>: every tenth step as information,
/// the others as trace.
/// </summary>
internal sealed class ChannelProgress(IChannel channel) : IProgress<TrainingProgress>
{
    private const int Interval = 10;

    public void Report(TrainingProgress value)
    {
        if (value.Warning is { } warning)
            channel.Warning(MessageSensitivity.None, warning);
        if (value.Validation is { } validation)
            channel.Info(
                MessageSensitivity.None,
                $"{validation.Stage}, step {value.Step} of {value.TotalSteps}: validation cross-entropy {validation.CrossEntropy:F4} "
                + $"at {validation.RetentionRatio:P0}, {validation.BaseCrossEntropy:F4} with all tokens{(validation.IsBest ? ", the best so far" : "")}.");
        if (value.Metrics is not { } metrics)
            return;

        var message = $"{metrics.Stage}, step {value.Step} of {value.TotalSteps}: loss {metrics.Loss:F4}, "
            + $"cross-entropy {metrics.CrossEntropy:F4} ({metrics.BaseCrossEntropy:F4} with all tokens), "
            + $"{metrics.Retention:P1} of tokens kept, {metrics.SafeShare:P0} of rollouts safe.";
        if (value.Step % Interval == 0 || value.Step == value.TotalSteps)
            channel.Info(MessageSensitivity.None, message);
        else
            channel.Trace(MessageSensitivity.None, message);
    }
}
