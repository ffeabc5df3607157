using Microsoft.ML.Score.Numerics;

namespace Microsoft.ML.Score.Policy;

/// <summary>
/// The distribution of masks: token i is kept with probability p_i = sigmoid(z_i), independently of the others (paper section 4.3,
/// equation 9). Everything is computed from the logits z in double precision, never from the logarithm of a rounded probability:
/// log p = z - softplus(z) and log(1-p) = -softplus(z) stay finite for every finite z.
/// </summary>
internal static class BernoulliMask
{
    /// <summary>sigmoid(z); never NaN for finite or infinite z.</summary>
    public static double Probability(double logit) => 1 / (1 + Math.Exp(-logit));

    /// <summary>Draws a mask; token i uses the i-th uniform of <paramref name="random"/>.</summary>
    public static void Sample(ReadOnlySpan<double> probabilities, CounterRandom random, Span<bool> mask)
    {
        for (var i = 0; i < probabilities.Length; i++)
            mask[i] = random.Uniform(i) < probabilities[i];
    }

    /// <summary>log pi(mask): the sum of (9) over all tokens.</summary>
    public static double LogLikelihood(ReadOnlySpan<float> logits, ReadOnlySpan<bool> mask)
    {
        var sum = 0.0;
        for (var i = 0; i < logits.Length; i++)
            sum -= Softplus(mask[i] ? -logits[i] : logits[i]);
        return sum;
    }

    /// <summary>gradient += weight * d log pi(mask) / dz = weight * (mask - p), without cancellation where p is near 0 or 1.</summary>
    public static void AccumulateGradient(ReadOnlySpan<float> logits, ReadOnlySpan<bool> mask, double weight, Span<double> gradient)
    {
        for (var i = 0; i < logits.Length; i++)
            gradient[i] += weight * (mask[i] ? Probability(-logits[i]) : -Probability(logits[i]));
    }

    private static double Softplus(double z) => Math.Max(z, 0) + LogOnePlus(Math.Exp(-Math.Abs(z)));

    /// <summary>log(1 + x) for x in [0, 1] without losing small x (Kahan's correction).</summary>
    private static double LogOnePlus(double x)
    {
        var u = 1 + x;
        return u == 1 ? x : Math.Log(u) * (x / (u - 1));
    }
}
