using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Training;

/// <summary>
/// One video of a step, equations (2)-(9): its masks are drawn, scored elsewhere, and then its share of the step's gradient is added.
/// The memory serves another video when that is done, so that training does not allocate.
/// </summary>
internal sealed class VideoUpdate(int rollouts)
{
    private readonly PolicyActivations _activations = new();
    private readonly Rollouts _rollouts = new(rollouts);
    private float[] _logits = [];
    private ITokenRows _rows = null!; // of the video, as the policy takes them
    private double[] _logitGradient = [];
    private float[] _weightedLogitGradient = []; // this video's share of the step

    /// <summary>All tokens of the video that was drawn for last.</summary>
    public VideoTokens Video { get; private set; } = null!;

    /// <summary>The flat grid indices that each of the K masks keeps.</summary>
    public ReadOnlyMemory<int>[] Kept => _rollouts.Kept;

    /// <summary>Equations (2)-(4) and K masks.</summary>
    /// <returns>What is not finite; null where all is.</returns>
    public NotFinite? Draw(PolicyNetwork policy, VideoTokens video, Func<int, CounterRandom> random)
    {
        (Video, _rows) = (video, policy.RowsOf(video));
        var count = video.Grid.Count;
        if (_logits.Length < count)
            (_logits, _logitGradient, _weightedLogitGradient) = (new float[count], new double[count], new float[count]);
        PolicyForward.Run(policy, _rows, _logits, _activations);
        var logits = _logits.AsSpan(0, count);
        if (NotFinite.In("logits", logits) is { } fault)
            return fault;
        _rollouts.Sample(logits, random);
        return null;
    }

    /// <summary>Equations (5)-(9): adds the gradient of this video's loss, divided by the videos of the step.</summary>
    public VideoOutcome Accumulate(PolicyNetwork policy, double baseCrossEntropy, double[] crossEntropies, double tau, TrainerOptions options, float[] gradient)
    {
        var count = Video.Grid.Count;
        var logits = _logits.AsSpan(0, count);
        var group = new SplitAdvantage(baseCrossEntropy, crossEntropies, _rollouts.KeptCounts, count, tau, options.Epsilon);
        var loss = PolicyLoss.Evaluate(logits, _rollouts.Masks, group.Advantage, _logitGradient.AsSpan(0, count));
        var (sum, squares, entropy) = (0.0, 0.0, 0.0);
        for (var i = 0; i < count; i++)
        {
            _weightedLogitGradient[i] = (float)(_logitGradient[i] / options.BatchSize);
            sum += logits[i];
            squares += (double)logits[i] * logits[i];
            entropy += BernoulliMask.Entropy(logits[i]);
        }

        PolicyBackward.Accumulate(policy, _rows, _activations, _weightedLogitGradient.AsSpan(0, count), gradient);
        var reward = group.DeltaCrossEntropy.Average();
        return new VideoOutcome(
            loss, baseCrossEntropy, crossEntropies.Average(), reward, group.Sparsity.Average(), (double)group.SafeCount / crossEntropies.Length,
            sum / count, squares / count, group.SafeCount > 0, group.SafeCount > 0 && group.DeviationOfSafeSparsity == 0,
            Math.Sqrt(group.DeltaCrossEntropy.Average(value => (value - reward) * (value - reward))), group.Advantage.All(advantage => advantage == 0), entropy / count);
    }

    /// <summary>Whether a policy, with finite weights, gives this video logits that are not finite.</summary>
    public NotFinite? LogitsFault(PolicyNetwork policy)
    {
        if (!policy.MayOverflow(Video))
            return null;
        PolicyForward.Run(policy, _rows, _logits);
        return NotFinite.In("logits after the step", _logits.AsSpan(0, Video.Grid.Count));
    }
}

/// <summary>Means over the rollouts of one video.</summary>
internal sealed record VideoOutcome(
    double Loss, double BaseCrossEntropy, double CrossEntropy, double DeltaCrossEntropy, double Sparsity, double SafeShare, double LogitMean, double LogitSquare,
    bool HasSafe, bool HasNoSpread, double RewardDeviation, bool HasNoAdvantage, double MaskEntropy);
