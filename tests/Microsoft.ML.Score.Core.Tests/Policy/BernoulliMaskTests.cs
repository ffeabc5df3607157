using FsCheck;
using FsCheck.Fluent;
using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Policy;

[TestFixture]
public class BernoulliMaskTests
{
    [Test]
    public void LogLikelihood_HandWorked_MatchesEquation9()
    {
        // p = 3/4 kept, p = 1/5 dropped: log(3/4) + log(4/5) = log(3/5)
        Assert.That(LogLikelihood([MathF.Log(3), -MathF.Log(4)], [true, false]), Is.EqualTo(Math.Log(0.6)).Within(1e-7));
    }

    [Test]
    public void LogLikelihood_SaturatedLogits_StaysExact()
    {
        Assert.Multiple(() =>
        {
            Assert.That(LogLikelihood([40f], [true]), Is.EqualTo(-Math.Exp(-40)).Within(1e-30));
            Assert.That(LogLikelihood([40f], [false]), Is.EqualTo(-40).Within(1e-12));
            Assert.That(LogLikelihood([-3e38f], [true]), Is.EqualTo(-3e38f));
            Assert.That(LogLikelihood([-3e38f, 3e38f], [false, true]), Is.Zero);
        });
    }

    [Test]
    public void Gradient_SaturatedLogits_LosesNoDigits()
    {
        double[] gradient = [BernoulliMask.Gradient(40, 1, 0), BernoulliMask.Gradient(-40, 0, 1), BernoulliMask.Gradient(40, 0, 1), BernoulliMask.Gradient(float.MaxValue, 1, 0)];
        Assert.That(gradient[0], Is.EqualTo(Math.Exp(-40)).Within(1e-30));
        Assert.That(gradient[1], Is.EqualTo(-Math.Exp(-40)).Within(1e-30));
        Assert.That(gradient[2], Is.EqualTo(-1).Within(1e-15));
        Assert.That(gradient[3], Is.Zero);
    }

    [Test]
    public void Sample_ManyMasks_KeepsWithTheGivenProbabilities()
    {
        float[] logits = [-100f, -2f, 0f, 1f, 100f];
        var counts = new int[logits.Length];
        for (var k = 0; k < 20_000; k++)
            foreach (var (i, isKept) in Sample(logits, new CounterRandom(1, k)).Index())
                counts[i] += isKept ? 1 : 0;

        for (var i = 0; i < logits.Length; i++)
        {
            var p = 1 / (1 + Math.Exp(-logits[i]));
            Assert.That(counts[i] / 20_000.0, Is.EqualTo(p).Within(4 * Math.Sqrt(p * (1 - p) / 20_000) + 1e-12));
        }
    }

    [Test]
    public void LossAndGradient_AnyFiniteInput_AreFinite()
    {
        var logit = Gen.Frequency((3, Gen.Choose(-100, 100).Select(z => z * 0.7f)), (1, Gen.Elements(-3e38f, -1e4f, 0f, 1e4f, 3e38f)));
        var groups = from n in Gen.Choose(1, 9)
                     from k in Gen.Choose(1, 6)
                     from logits in logit.ArrayOf(n)
                     from masks in Gen.Elements(false, true).ArrayOf(n).ArrayOf(k)
                     from ce in Gen.Choose(0, 40).Select(value => value / 20.0).ArrayOf(k)
                     select (logits, masks, ce);
        Prop.ForAll(groups.ToArbitrary(), group =>
        {
            var kept = group.masks.Select(mask => mask.Count(bit => bit)).ToArray();
            var advantage = new SplitAdvantage(1, group.ce, kept, group.logits.Length, 1.02, 1e-6);
            var gradient = new double[group.logits.Length];
            var loss = PolicyLoss.Evaluate(group.logits, group.masks, advantage.Advantage, gradient);
            return double.IsFinite(loss) && gradient.All(double.IsFinite) && advantage.Advantage.All(double.IsFinite);
        }).QuickCheckThrowOnFailure();
    }

    /// <summary>log pi(mask), the sum of (9) over all tokens.</summary>
    internal static double LogLikelihood(float[] logits, bool[] mask) =>
        logits.Zip(mask, (logit, kept) => BernoulliMask.LogLikelihood(logit, kept ? 1 : 0, kept ? 0 : 1)).Sum();

    internal static bool[] Sample(ReadOnlySpan<float> logits, CounterRandom random)
    {
        var mask = new bool[logits.Length];
        BernoulliMask.Sample(logits.ToArray().Select(logit => BernoulliMask.Probability(logit)).ToArray(), random, mask);
        return mask;
    }
}
