using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Policy;

/// <summary>
/// The sampled gradient of (8) is an unbiased estimate: on 8 tokens and groups of two rollouts all 256 x 256 groups can be
/// enumerated with their probabilities, split advantage included.
/// </summary>
[TestFixture]
public class ExpectedGradientTests
{
    private const int Tokens = 8;
    private static readonly float[] s_logits = [-1.5f, -0.5f, 0f, 0.4f, 1f, -0.2f, 0.8f, -1f];

    [Test]
    public void Evaluate_AverageOfSampledGroups_ApproachesEnumeratedExpectation()
    {
        bool[][] masks = [.. Enumerable.Range(0, 256).Select(bits => Enumerable.Range(0, Tokens).Select(i => (bits >> i & 1) == 1).ToArray())];
        var probabilities = masks.Select(mask => Math.Exp(BernoulliMaskTests.LogLikelihood(s_logits, mask))).ToArray();
        Assert.That(probabilities.Sum(), Is.EqualTo(1).Within(1e-12));

        var exact = new double[Tokens];
        var variance = new double[Tokens];
        for (var first = 0; first < 256; first++)
            for (var second = 0; second < 256; second++)
            {
                var gradient = Gradient(masks[first], masks[second]);
                for (var i = 0; i < Tokens; i++)
                {
                    exact[i] += probabilities[first] * probabilities[second] * gradient[i];
                    variance[i] += probabilities[first] * probabilities[second] * gradient[i] * gradient[i];
                }
            }

        const int groups = 60_000;
        var average = new double[Tokens];
        for (var group = 0; group < groups; group++)
        {
            var gradient = Gradient(
                BernoulliMaskTests.Sample(s_logits, new CounterRandom(11, group, 0)), BernoulliMaskTests.Sample(s_logits, new CounterRandom(11, group, 1)));
            for (var i = 0; i < Tokens; i++)
                average[i] += gradient[i] / groups;
        }

        for (var i = 0; i < Tokens; i++)
            Assert.That(average[i], Is.EqualTo(exact[i]).Within(4 * Math.Sqrt((variance[i] - exact[i] * exact[i]) / groups)), $"token {i}");
        Assert.That(exact.Max(Math.Abs), Is.GreaterThan(1e-3), "the expectation must not be lost in noise");
    }

    private static double[] Gradient(bool[] first, bool[] second)
    {
        int[] kept = [first.Count(bit => bit), second.Count(bit => bit)];
        var group = new SplitAdvantage(1, [CrossEntropy(first), CrossEntropy(second)], kept, Tokens, tau: 1.02, epsilon: 1e-6);
        var gradient = new double[Tokens];
        PolicyLoss.Evaluate(s_logits, [first, second], group.Advantage, gradient);
        return gradient;
    }

    /// <summary>Tokens 1 and 4 carry the answer, token 6 distracts.</summary>
    private static double CrossEntropy(bool[] mask) => 0.9 + (mask[1] ? 0 : 0.6) + (mask[4] ? 0 : 0.4) + (mask[6] ? 0.05 : 0);
}
