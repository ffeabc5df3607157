using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Training;

namespace Microsoft.ML.Score;

/// <summary>Options of <c>ScoreCompress</c>. All faults are reported at once when the estimator is made.</summary>
public sealed class ScoreOptions : ScorePolicyOptions
{
    /// <summary>
    /// How the policy is trained: curriculum, rollouts, optimiser, checkpoints. Its <see cref="TrainerOptions.RetentionRatio"/> gives way
    /// to that of these options. Its seed is used by the overload without an <see cref="MLContext"/>; the one with it takes the seed
    /// from the context. Default: the trainer's defaults.
    /// </summary>
    public TrainerOptions Training { get; init; } = new();

    /// <summary>
    /// Rows like the training rows, on which the policy is evaluated every <see cref="TrainerOptions.ValidationInterval"/> steps: the best
    /// policy is kept, and <see cref="TrainerOptions.Patience"/> ends a stage early. Default null: the last policy is kept.
    /// </summary>
    public IDataView? ValidationSet { get; init; }

    /// <summary>The policy to start from. Default null: a new one, from the seed.</summary>
    public PolicyNetwork? InitialPolicy { get; init; }

    /// <summary>Ends <c>Fit</c> with an <see cref="OperationCanceledException"/>. Default: none.</summary>
    public CancellationToken CancellationToken { get; init; }

    private protected override IEnumerable<string> Faults()
    {
        foreach (var fault in base.Faults())
            yield return fault;
        foreach (var fault in Training?.Faults() ?? ["it must not be null"])
            yield return $"{nameof(Training)}: {fault}";
    }
}
