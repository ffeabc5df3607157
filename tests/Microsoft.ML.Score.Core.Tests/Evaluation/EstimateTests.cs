using FsCheck;
using FsCheck.Fluent;

namespace Microsoft.ML.Score.Evaluation;

[TestFixture]
public class EstimateTests
{
    /// <summary>Mean 2/5; cluster residuals 2 - 3*0.4 = 0.8 and 0 - 2*0.4 = -0.8, so the error is sqrt(2*0.64)/5.</summary>
    [Test]
    public void OfMean_TwoClusters_GivesTheHandWorkedError()
    {
        var estimate = Estimate.OfMean([("a", 1), ("b", 0), ("a", 1), ("a", 0), ("b", 0)]);

        Assert.Multiple(() =>
        {
            Assert.That(estimate.Value, Is.EqualTo(0.4).Within(1e-12));
            Assert.That(estimate.StandardError, Is.EqualTo(Math.Sqrt(1.28) / 5).Within(1e-12));
            Assert.That((estimate.Count, estimate.Clusters), Is.EqualTo((5, 2)));
        });
    }

    /// <summary>With one value a cluster the error is that of a proportion and the interval close to the normal one.</summary>
    [Test]
    public void OfMean_SingleValueClusters_GivesTheProportionsError()
    {
        var estimate = Estimate.OfMean(Enumerable.Range(0, 400).Select(i => ($"{i}", i % 4 == 0 ? 0.0 : 1.0)), resamples: 10_000);

        Assert.Multiple(() =>
        {
            Assert.That(estimate.StandardError, Is.EqualTo(Math.Sqrt(0.75 * 0.25 / 400)).Within(1e-12));
            Assert.That(estimate.Low, Is.EqualTo(0.75 - 1.96 * estimate.StandardError).Within(0.004));
            Assert.That(estimate.High, Is.EqualTo(0.75 + 1.96 * estimate.StandardError).Within(0.004));
        });
    }

    /// <summary>lmms-eval's error (api/metrics.py, clustered_stderr), pair by pair: it divides the variance of single values by n - 1 where we divide by n.</summary>
    [Test]
    public void OfMean_AnyClusters_IsTheHarnessErrorButForOneDivisor() =>
        Prop.ForAll(Gen.Choose(0, 1).Zip(Gen.Choose(0, 4)).NonEmptyListOf().Where(values => values.Count > 1).ToArbitrary(), values =>
        {
            var (n, mean) = (values.Count, values.Average(value => (double)value.Item1));
            var single = values.Sum(value => Math.Pow(value.Item1 - mean, 2));
            var pairs = values.Index().Sum(one => values.Index().Where(other => other.Index != one.Index && other.Item.Item2 == one.Item.Item2).Sum(other => (one.Item.Item1 - mean) * (other.Item.Item1 - mean)));
            var harness = single / (n - 1) / n + pairs / ((double)n * n);

            var estimate = Estimate.OfMean(values.Select(value => ($"{value.Item2}", (double)value.Item1)), resamples: 100);

            return Math.Abs(harness - (Math.Pow(estimate.StandardError, 2) + single / ((double)n * n * (n - 1)))) < 1e-12;
        }).QuickCheckThrowOnFailure();

    /// <summary>Answers that only repeat within a video add no information: ten copies leave error and interval as they were.</summary>
    [Test]
    public void OfMean_RepeatedWithinClusters_LeavesTheUncertainty()
    {
        var once = Enumerable.Range(0, 50).Select(i => ($"{i}", (double)(i % 3))).ToList();

        var single = Estimate.OfMean(once, seed: 5);
        var repeated = Estimate.OfMean(once.SelectMany(sample => Enumerable.Repeat(sample, 10)), seed: 5);

        Assert.Multiple(() =>
        {
            Assert.That(repeated.StandardError, Is.EqualTo(single.StandardError).Within(1e-12));
            Assert.That(repeated.Low, Is.EqualTo(single.Low).Within(1e-12));
            Assert.That(repeated.High, Is.EqualTo(single.High).Within(1e-12));
        });
    }

    /// <summary>Two clusters of one value: a resample has mean 0, 1/2 or 1 with chances 1/4, 1/2, 1/4, so the interval is everything.</summary>
    [Test]
    public void OfMean_TwoOppositeValues_GivesTheWholeRange()
    {
        var estimate = Estimate.OfMean([("a", 0), ("b", 1)]);

        Assert.That((estimate.Low, estimate.High), Is.EqualTo((0.0, 1.0)));
    }

    [Test]
    public void OfMean_SameSeed_GivesTheSameIntervalWithinTheData() =>
        Prop.ForAll(Gen.Choose(0, 20).Select(value => (double)value).NonEmptyListOf().ToArbitrary(), values =>
        {
            var samples = values.Select((value, i) => ($"{i / 3}", value)).ToList();
            var estimate = Estimate.OfMean(samples, seed: 3, resamples: 200);
            return estimate == Estimate.OfMean(samples, seed: 3, resamples: 200)
                && estimate.Low >= values.Min() - 1e-9 && estimate.Low <= estimate.High && estimate.High <= values.Max() + 1e-9
                && (estimate.StandardError > 0 || estimate.Low == estimate.High || estimate.Clusters > 1);
        }).QuickCheckThrowOnFailure();

    [Test]
    public void OfMean_BadSamples_Throw()
    {
        Assert.Multiple(() =>
        {
            Assert.That(() => Estimate.OfMean([]), Throws.ArgumentException);
            Assert.That(() => Estimate.OfMean([("a", double.NaN)]), Throws.ArgumentException);
            Assert.That(() => Estimate.OfMean([("a", 1)], resamples: 99), Throws.TypeOf<ArgumentOutOfRangeException>());
        });
    }

    /// <summary>Group means 3/4 and 1/2, so 5/8 although one group is twice the other.</summary>
    [Test]
    public void OfMacroMean_UnequalGroups_GivesTheHandWorkedMeanAndError()
    {
        var estimate = Estimate.OfMacroMean([("a", "x", 1), ("a", "x", 1), ("b", "x", 1), ("b", "x", 0), ("b", "y", 0), ("c", "y", 1)]);

        // x: mean 3/4 of 4, y: mean 1/2 of 2. Cluster influences: a (2 - 1.5)/4/2, b ((1 - 1.5)/4 + (0 - 0.5)/2)/2, c (1 - 0.5)/2/2.
        double[] influences = [0.0625, -0.1875, 0.125];
        Assert.Multiple(() =>
        {
            Assert.That(estimate.Value, Is.EqualTo(0.625).Within(1e-12));
            Assert.That(estimate.StandardError, Is.EqualTo(Math.Sqrt(influences.Sum(influence => influence * influence))).Within(1e-12));
            Assert.That((estimate.Count, estimate.Clusters), Is.EqualTo((6, 3)));
        });
    }

    /// <summary>With equal groups in every cluster the macro mean is the mean, and so is its uncertainty.</summary>
    [Test]
    public void OfMacroMean_EqualGroups_IsOfMean()
    {
        var samples = Enumerable.Range(0, 60).Select(i => (Cluster: $"{i / 4}", Group: $"{i % 2}", Value: (double)(i * i % 7))).ToList();

        var macro = Estimate.OfMacroMean(samples, seed: 4);
        var micro = Estimate.OfMean(samples.Select(sample => (sample.Cluster, sample.Value)), seed: 4);

        Assert.Multiple(() =>
        {
            Assert.That(macro.Value, Is.EqualTo(micro.Value).Within(1e-12));
            Assert.That(macro.StandardError, Is.EqualTo(micro.StandardError).Within(1e-12));
            Assert.That(macro.Low, Is.EqualTo(micro.Low).Within(1e-12));
            Assert.That(macro.High, Is.EqualTo(micro.High).Within(1e-12));
        });
    }
}
