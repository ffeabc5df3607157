namespace Microsoft.ML.Score.Models.Qwen2;

[TestFixture]
internal sealed class TokenSamplerTests
{
    private const int Draws = 40_000;

    // Of the chi-squared statistic with 7 degrees of freedom, the value exceeded once in 10,000 runs.
    private const double ChiSquaredLimit = 29.9;

    private static readonly float[] s_logits = [0.3f, -1.2f, 2.5f, 1.1f, -0.4f, 0.9f, 2.4f, -3f];

    [TestCase(1, null, 1)]
    [TestCase(0.7, null, 1)]
    [TestCase(1.6, null, 1)]
    [TestCase(1, 3, 1)]
    [TestCase(1, null, 0.8)]
    [TestCase(1.3, 4, 0.75)]
    [TestCase(0.9, 100, 0.01)]
    public void Choose_ManyDraws_FollowTheClosedForm(double temperature, int? topK, double topP)
    {
        var expected = Probabilities(s_logits, temperature, topK ?? s_logits.Length, topP);
        var sampler = new TokenSampler(new GenerationOptions { Temperature = temperature, TopK = topK, TopP = topP, Seed = 5 }, []);

        var counts = new int[s_logits.Length];
        for (var step = 0; step < Draws; step++)
            counts[sampler.Choose([.. s_logits], step)]++;

        var chiSquared = 0.0;
        for (var id = 0; id < counts.Length; id++)
            if (expected[id] == 0)
                Assert.That(counts[id], Is.Zero, $"token {id}");
            else
                chiSquared += Math.Pow(counts[id] - Draws * expected[id], 2) / (Draws * expected[id]);
        Assert.That(chiSquared, Is.LessThan(ChiSquaredLimit));
    }

    [TestCase(0)]
    [TestCase(1e-30)]
    [TestCase(1e-6)]
    public void Choose_TemperatureTowardsZero_TakesTheLargest(double temperature)
    {
        for (var seed = 0; seed < 50; seed++)
            Assert.That(new TokenSampler(new GenerationOptions { Temperature = temperature, Seed = seed }, []).Choose([.. s_logits], seed), Is.EqualTo(2));
    }

    [Test]
    public void Choose_EqualLogits_RanksTheLowerIdFirst()
    {
        float[] equal = [1, 3, 3, 3];

        foreach (var options in (GenerationOptions[])[new(), new() { Temperature = 1, TopK = 1 }, new() { Temperature = 1, TopP = 0.1 }])
            for (var step = 0; step < 20; step++)
                Assert.That(new TokenSampler(options, []).Choose([.. equal], step), Is.EqualTo(1));
    }

    [Test]
    public void Choose_SameSeedAndStep_IsTheSameToken()
    {
        var drawn = (int seed) => Enumerable.Range(0, 40).Select(step => new TokenSampler(new GenerationOptions { Temperature = 2, Seed = seed }, []).Choose([.. s_logits], step)).ToArray();

        Assert.That(drawn(7), Is.EqualTo(drawn(7)));
        Assert.That(drawn(7), Is.Not.EqualTo(drawn(8)));
    }

    [Test]
    public void Choose_RepetitionPenalty_DividesPositiveAndMultipliesNegativeLogits()
    {
        var options = new GenerationOptions { RepetitionPenalty = 2 };

        Assert.That(new TokenSampler(options, [0]).Choose([3f, 1.4f, -9], 0), Is.Zero);
        Assert.That(new TokenSampler(options, [0]).Choose([3f, 1.6f, -9], 0), Is.EqualTo(1));
        Assert.That(new TokenSampler(options, [0]).Choose([-1f, -1.9f, -9], 0), Is.EqualTo(1));
        Assert.That(new TokenSampler(options, [0]).Choose([-1f, -2.1f, -9], 0), Is.Zero);
    }

    [Test]
    public void Choose_RepetitionPenalty_CountsWhatWasChosen()
    {
        var sampler = new TokenSampler(new GenerationOptions { RepetitionPenalty = 1.5 }, [3]);

        Assert.That(Enumerable.Range(0, 3).Select(step => sampler.Choose([3f, 2.9f, 2.8f, 4f], step)), Is.EqualTo(new[] { 0, 1, 2 }));
    }

    /// <summary>softmax(logits / temperature), then the largest k, then the largest whose sum first reaches p, each time made to sum to 1 again.</summary>
    private static double[] Probabilities(float[] logits, double temperature, int k, double p)
    {
        var ranked = logits.Select((logit, id) => (Weight: Math.Exp(logit / temperature), Id: id)).OrderByDescending(token => token.Weight).Take(k).ToArray();
        var all = ranked.Sum(token => token.Weight);
        var nucleus = ranked.Where((_, rank) => ranked.Take(rank).Sum(token => token.Weight) / all < p).ToArray();
        var probabilities = new double[logits.Length];
        foreach (var (weight, id) in nucleus)
            probabilities[id] = weight / nucleus.Sum(token => token.Weight);
        return probabilities;
    }
}
