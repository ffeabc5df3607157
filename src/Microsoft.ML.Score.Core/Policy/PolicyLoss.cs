namespace Microsoft.ML.Score.Policy;

/// <summary>
/// The policy-gradient loss of one video and its gradient (paper equation 8):
/// L = -1/K sum_k A_k [1/TN sum_i log pi(m_ki)], dL/dz_i = -1/(K TN) sum_k A_k (m_ki - p_i).
/// </summary>
internal static class PolicyLoss
{
    /// <param name="logits">z, [TN].</param>
    /// <param name="masks">The K sampled masks, each [TN]; what stands behind is not looked at.</param>
    /// <param name="advantages">A, [K].</param>
    /// <param name="logitGradient">Where d(loss)/dz goes, [TN].</param>
    /// <returns>The loss.</returns>
    public static double Evaluate(ReadOnlySpan<float> logits, IReadOnlyList<bool[]> masks, ReadOnlySpan<double> advantages, Span<double> logitGradient)
    {
        var loss = 0.0;
        var scale = -1 / ((double)masks.Count * logits.Length);
        for (var i = 0; i < logits.Length; i++)
        {
            var (keepWeight, dropWeight) = (0.0, 0.0);
            for (var k = 0; k < masks.Count; k++)
                if (masks[k][i])
                    keepWeight += advantages[k];
                else
                    dropWeight += advantages[k];
            loss += scale * BernoulliMask.LogLikelihood(logits[i], keepWeight, dropWeight);
            logitGradient[i] = scale * BernoulliMask.Gradient(logits[i], keepWeight, dropWeight);
        }

        return loss;
    }
}
