using System.Runtime.InteropServices;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace Microsoft.ML.Score.Tokens;

[TestFixture]
public class TopKTests
{
    [TestCase(0.1, 1, 1, Description = "never fewer than one")]
    [TestCase(0.1, 9, 1)]
    [TestCase(0.1, 10, 1)]
    [TestCase(0.1, 12345, 1234)]
    [TestCase(0.3, 10, 3, Description = "0.3*10 rounds to 3 in double")]
    [TestCase(0.29, 100, 28, Description = "0.29*100 rounds below 29 in double")]
    [TestCase(0.7, 10, 7, Description = "0.7*10 rounds to 7 in double")]
    [TestCase(1.0, int.MaxValue, int.MaxValue)]
    [TestCase(double.Epsilon, int.MaxValue, 1)]
    public void RetainedCount_RatioAndTokens_IsTheFloorInDouble(double ratio, int tokens, int expected)
    {
        Assert.That(TopK.RetainedCount(ratio, tokens), Is.EqualTo(expected));
    }

    [TestCase(0.0)]
    [TestCase(-0.1)]
    [TestCase(1.0000001)]
    [TestCase(double.NaN)]
    [TestCase(double.PositiveInfinity)]
    public void RetainedCount_RatioOutsideRange_Throws(double ratio)
    {
        Assert.That(() => TopK.RetainedCount(ratio, 10), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void RetainedCount_NoToken_Throws()
    {
        Assert.That(() => TopK.RetainedCount(0.5, 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Select_TiedScores_KeepsLowerIndices()
    {
        Assert.That(TopK.Select([1f, 2f, 2f, 2f, 0f], 2), Is.EqualTo(new[] { 1, 2 }));
    }

    [Test]
    public void Select_ZerosOfBothSigns_AreTied()
    {
        Assert.That(TopK.Select([-0f, 0f, -0f, 0f], 2), Is.EqualTo(new[] { 0, 1 }));
    }

    [Test]
    public void Select_ExtremeScores_AreOrdered()
    {
        float[] ascending = [float.NegativeInfinity, float.MinValue, -1, -float.Epsilon, 0, float.Epsilon, 1, float.MaxValue, float.PositiveInfinity];
        for (var count = 1; count <= ascending.Length; count++)
            Assert.That(TopK.Select(ascending, count), Is.EqualTo(Enumerable.Range(ascending.Length - count, count)));
    }

    [Test]
    public void Select_InvalidArguments_Throw()
    {
        Assert.That(() => TopK.Select([1f, float.NaN], 1), Throws.ArgumentException.With.Message.Contains("token 1"));
        Assert.That(() => TopK.Select([1f], 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => TopK.Select([1f], 2), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => TopK.Select([], 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Select_AnyScores_AgreesWithAStableSort()
    {
        // Few distinct values make ties; the sign and the fraction make all bytes of the key differ.
        var scores = Gen.Choose(-6, 6).Select(i => i / 3f).NonEmptyListOf().Select(list => list.ToArray());
        var cases = scores.SelectMany(values => Gen.Choose(1, values.Length).Select(count => (values, count)));
        Prop.ForAll(cases.ToArbitrary(), c => TopK.Select(c.values, c.count).SequenceEqual(BySort(c.values, c.count))).QuickCheckThrowOnFailure();
    }

    [Test]
    public void Select_AnyBits_AgreesWithAStableSort()
    {
        var random = new Random(1);
        for (var trial = 0; trial < 300; trial++)
        {
            var scores = Enumerable.Range(0, 1 + random.Next(300)).Select(_ => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue))).Where(x => !float.IsNaN(x)).ToArray();
            if (scores.Length == 0)
                continue;
            var count = 1 + random.Next(scores.Length);
            Assert.That(TopK.Select(scores, count), Is.EqualTo(BySort(scores, count)));
        }
    }

    [Test]
    public void Select_AnyGridAndRatio_KeepsExactlyTheRetainedCount()
    {
        var cases = Gen.Choose(1, 40).SelectMany(steps => Gen.Choose(1, 60).SelectMany(tokens => Gen.Choose(1, 10_000).Select(ratio => (steps, tokens, ratio: ratio / 10_000.0))));
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var n = c.steps * c.tokens;
            var scores = new float[n];
            new Random(n).NextBytes(MemoryMarshal.AsBytes(scores.AsSpan()));
            for (var i = 0; i < n; i++)
                scores[i] = float.IsNaN(scores[i]) ? 0 : scores[i];
            var kept = TopK.Select(scores, TopK.RetainedCount(c.ratio, n));
            return kept.Length == Math.Max(1, (long)Math.Floor(c.ratio * n)) && kept.Zip(kept.Skip(1)).All(pair => pair.First < pair.Second);
        }).QuickCheckThrowOnFailure();
    }

    [Test]
    public void Select_FromManyThreads_GivesTheSameTokens()
    {
        var random = new Random(2);
        var scores = Enumerable.Range(0, 20_000).Select(_ => (float)random.Next(100)).ToArray();
        var expected = TopK.Select(scores, 2_000);
        Parallel.For(0, 16, _ => Assert.That(TopK.Select(scores, 2_000), Is.EqualTo(expected)));
    }

    [Test]
    public void Select_Goldens_Match()
    {
        using var cases = JsonDocument.Parse(File.ReadAllBytes(RepositoryFolder.Golden("policy", "topk.json")));
        foreach (var golden in cases.RootElement.EnumerateArray())
        {
            var scores = golden.GetProperty("scores").EnumerateArray().Select(score => score.GetSingle()).ToArray();
            var count = TopK.RetainedCount(golden.GetProperty("rho").GetDouble(), golden.GetProperty("n").GetInt32());
            Assert.That(count, Is.EqualTo(golden.GetProperty("keep").GetInt32()));
            Assert.That(TopK.Select(scores, count), Is.EqualTo(golden.GetProperty("kept").EnumerateArray().Select(index => index.GetInt32())));
        }
    }

    private static int[] BySort(float[] scores, int count) =>
        [.. Enumerable.Range(0, scores.Length).OrderByDescending(i => scores[i]).Take(count).Order()];
}
