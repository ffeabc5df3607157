using Microsoft.ML.Score.Kernels;

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

    /// <summary>
    /// A token's part of weighted log-likelihoods (9): the weights of the masks that keep it, times log p, and of those that drop it, times
    /// log(1-p).
    /// </summary>
    public static double LogLikelihood(double logit, double keepWeight, double dropWeight) =>
        -(keepWeight * Softplus(-logit) + dropWeight * Softplus(logit));

    /// <summary>The derivative of <see cref="LogLikelihood"/> with respect to the logit, without cancellation where p is near 0 or 1.</summary>
    public static double Gradient(double logit, double keepWeight, double dropWeight) =>
        keepWeight * Probability(-logit) - dropWeight * Probability(logit);

    /// <summary>The entropy -p log p - (1-p) log(1-p), in nats; 0 where the logit is so large that a mask is certain.</summary>
    public static double Entropy(double logit) => Probability(logit) * Softplus(-logit) + Probability(-logit) * Softplus(logit);

    private static double Softplus(double z) => Math.Max(z, 0) + LogOnePlus(Math.Exp(-Math.Abs(z)));

    /// <summary>log(1 + x) for x in [0, 1] without losing small x (Kahan's correction).</summary>
    private static double LogOnePlus(double x)
    {
        var u = 1 + x;
        return u == 1 ? x : Math.Log(u) * (x / (u - 1));
    }
}
