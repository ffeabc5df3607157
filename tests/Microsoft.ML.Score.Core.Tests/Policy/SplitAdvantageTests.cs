using FsCheck;
using FsCheck.Fluent;

namespace Microsoft.ML.Score.Policy;

[TestFixture]
public class SplitAdvantageTests
{
    [Test]
    public void Constructor_HandWorkedGroup_MatchesEquations5To7()
    {
        // tau*CE_base = 2; safe: dCE 1 and 0.5 with S 0.75 and 0.25, mu 0.5, sigma 0.25; penalty: dCE -1, S 0.5
        var group = new SplitAdvantage(1, [1, 1.5, 3], [1, 3, 2], tokenCount: 4, tau: 2, epsilon: 0.25);

        Assert.Multiple(() =>
        {
            Assert.That(group.DeltaCrossEntropy, Is.EqualTo(new[] { 1, 0.5, -1 }));
            Assert.That(group.Sparsity, Is.EqualTo(new[] { 0.75, 0.25, 0.5 }));
            Assert.That(group.Safe, Is.EqualTo(new[] { true, true, false }));
            Assert.That(group.MeanSafeSparsity, Is.EqualTo(0.5));
            Assert.That(group.DeviationOfSafeSparsity, Is.EqualTo(0.25));
            Assert.That(group.Advantage, Is.EqualTo(new[] { 1 * 0.25 / 0.5, 0.5 * -0.25 / 0.5, -0.5 }));
        });
    }

    [Test]
    public void Constructor_NoSafeRollout_HasNoMeanAndOnlyPenalties()
    {
        var group = new SplitAdvantage(1, [2, 3], [0, 1], tokenCount: 4, tau: 1, epsilon: 1e-6);
        Assert.That(group.SafeCount, Is.Zero);
        Assert.That(group.MeanSafeSparsity, Is.Null);
        Assert.That(group.DeviationOfSafeSparsity, Is.Null);
        Assert.That(group.Advantage, Is.EqualTo(new[] { -1.0, -1.5 }));
    }

    [Test]
    public void Constructor_EqualSparsity_GivesExactlyZeroAdvantage()
    {
        var group = new SplitAdvantage(1, [0.1, 0.2, 0.3], [18, 18, 18], tokenCount: 35, tau: 1, epsilon: 1e-6);
        Assert.That(group.DeviationOfSafeSparsity, Is.Zero);
        Assert.That(group.Advantage, Is.All.Zero);
    }

    [TestCase(1.2186741828918457, 1.02)]
    [TestCase(1.3, 1.01)]
    [TestCase(0.7, 1.1)]
    public void Constructor_DifferenceOfZeroUpToRounding_IsPenalty(double baseCrossEntropy, double tau)
    {
        var product = tau * baseCrossEntropy;
        double[] around = [product, Math.BitDecrement(product), Math.BitIncrement(product), product * (1 - 1e-9)];

        var group = new SplitAdvantage(baseCrossEntropy, around, [1, 2, 3, 4], 8, tau, 1e-6);

        Assert.That(group.Safe, Is.EqualTo(new[] { false, false, false, true }));
    }

    [Test]
    public void Constructor_LargestGrid_DoesNotOverflow()
    {
        var group = new SplitAdvantage(1, [0.5, 0.5], [int.MaxValue, 0], int.MaxValue, 1, 1e-6);
        Assert.That(group.DeviationOfSafeSparsity, Is.EqualTo(0.5));
    }

    [Test]
    public void Advantage_AnySafeGroup_RewardsAboveMeanSparsity()
    {
        var groups = from n in Gen.Choose(1, 50)
                     from kept in Gen.Choose(0, n).ArrayOf(16)
                     from ce in Gen.Choose(1, 99).ArrayOf(16)
                     select (n, kept, ce: ce.Select(value => value / 100.0).ToArray());
        Prop.ForAll(groups.ToArbitrary(), group =>
        {
            var advantage = new SplitAdvantage(1, group.ce, group.kept, group.n, 1, 1e-6);
            var mean = group.kept.Average(kept => 1 - (double)kept / group.n);
            return advantage.SafeCount == 16
                && Math.Abs(advantage.MeanSafeSparsity!.Value - mean) < 1e-12
                && advantage.Advantage.Zip(advantage.Sparsity).All(pair => Math.Abs(pair.Second - mean) < 1e-9 || Math.Sign(pair.First) == Math.Sign(pair.Second - mean));
        }).QuickCheckThrowOnFailure();
    }
}
