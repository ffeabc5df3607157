namespace Microsoft.ML.Score.Policy;

/// <summary>
/// The policy-gradient loss of one video and its gradient (paper equation 8):
/// L = -1/K sum_k A_k [1/TN sum_i log pi(m_ki)], dL/dz_i = -1/(K TN) sum_k A_k (m_ki - p_i).
/// </summary>
internal static class PolicyLoss
{
    /// <param name="logits">z, [TN].</param>
    /// <param name="masks">The K sampled masks, each [TN].</param>
    /// <param name="advantages">A, [K].</param>
    /// <returns>The loss and its gradient with respect to the logits, [TN].</returns>
    public static (double Loss, double[] LogitGradient) Evaluate(ReadOnlySpan<float> logits, IReadOnlyList<bool[]> masks, ReadOnlySpan<double> advantages)
    {
        var loss = 0.0;
        var gradient = new double[logits.Length];
        for (var k = 0; k < masks.Count; k++)
        {
            var weight = -advantages[k] / ((double)masks.Count * logits.Length);
            loss += weight * BernoulliMask.LogLikelihood(logits, masks[k]);
            BernoulliMask.AccumulateGradient(logits, masks[k], weight, gradient);
        }
        return (loss, gradient);
    }
}
