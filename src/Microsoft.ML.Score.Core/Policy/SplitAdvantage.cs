namespace Microsoft.ML.Score.Policy;

/// <summary>
/// Rewards and advantages of the K rollouts of one video (paper equations 5-7).
/// <code>
/// dCE_k = tau*CE_base - CE_k                 (5)
/// S_k   = 1 - kept_k / TN                    (6)
/// A_k   = dCE_k * (S_k - mu) / (sigma + eps) if dCE_k > 0 (safe), else dCE_k * S_k    (7)
/// </code>
/// mu and sigma are the mean and population standard deviation of S over the safe rollouts. They are taken from the integer counts,
/// so sigma is exactly 0 for equal sparsities and the advantage of a lone safe rollout is exactly 0; nothing here can be NaN.
/// </summary>
internal sealed class SplitAdvantage
{
    // Whether a dCE that is 0 in exact arithmetic comes out above 0 is chance; such a rollout belongs to the penalty zone.
    private const double RelativeRounding = 1e-12;

    /// <param name="baseCrossEntropy">CE_base, with all tokens; finite.</param>
    /// <param name="crossEntropies">CE_k of the K rollouts; finite.</param>
    /// <param name="keptCounts">Tokens kept by each rollout, from 0 to <paramref name="tokenCount"/>.</param>
    /// <param name="tokenCount">TN.</param>
    /// <param name="tau">The tolerated performance drop, at least 1.</param>
    /// <param name="epsilon">eps, positive.</param>
    public SplitAdvantage(double baseCrossEntropy, ReadOnlySpan<double> crossEntropies, ReadOnlySpan<int> keptCounts, int tokenCount, double tau, double epsilon)
    {
        var rollouts = crossEntropies.Length;
        DeltaCrossEntropy = new double[rollouts];
        Sparsity = new double[rollouts];
        Safe = new bool[rollouts];
        Advantage = new double[rollouts];

        Int128 sum = 0, squares = 0; // of the kept counts of the safe rollouts
        for (var k = 0; k < rollouts; k++)
        {
            DeltaCrossEntropy[k] = tau * baseCrossEntropy - crossEntropies[k];
            Sparsity[k] = 1 - (double)keptCounts[k] / tokenCount;
            Safe[k] = DeltaCrossEntropy[k] > RelativeRounding * Math.Abs(tau * baseCrossEntropy);
            if (!Safe[k])
                continue;
            SafeCount++;
            sum += keptCounts[k];
            squares += (Int128)keptCounts[k] * keptCounts[k];
        }

        var scale = (double)SafeCount * tokenCount;
        if (SafeCount > 0)
        {
            MeanSafeSparsity = 1 - (double)sum / scale;
            DeviationOfSafeSparsity = Math.Sqrt((double)(SafeCount * squares - sum * sum)) / scale;
        }
        for (var k = 0; k < rollouts; k++)
            Advantage[k] = DeltaCrossEntropy[k] * (Safe[k]
                ? (double)(sum - (Int128)SafeCount * keptCounts[k]) / scale / (DeviationOfSafeSparsity!.Value + epsilon)
                : Sparsity[k]);
    }

    /// <summary>dCE (5), [K].</summary>
    public double[] DeltaCrossEntropy { get; }

    /// <summary>S (6), [K].</summary>
    public double[] Sparsity { get; }

    /// <summary>Whether dCE > 0, [K].</summary>
    public bool[] Safe { get; }

    /// <summary>How many rollouts are safe.</summary>
    public int SafeCount { get; }

    /// <summary>mu; null when no rollout is safe.</summary>
    public double? MeanSafeSparsity { get; }

    /// <summary>sigma; null when no rollout is safe.</summary>
    public double? DeviationOfSafeSparsity { get; }

    /// <summary>A (7), [K]: constants in the loss.</summary>
    public double[] Advantage { get; }
}
