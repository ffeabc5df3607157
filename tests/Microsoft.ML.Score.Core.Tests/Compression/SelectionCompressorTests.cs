using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>The compressors that choose without learning: what all of them promise, then each one's cases by hand.</summary>
[TestFixture]
public class SelectionCompressorTests
{
    private static readonly ITokenCompressor[] All =
        [new RandomCompressor(1), new UniformCompressor(), new JitteredUniformCompressor(1), new LargestResidualCompressor(), new EvsCompressor()];

    [Test]
    public void Compress_AnyGridAndRatio_KeepsExactlyTheRetainedCountOfItsOwnVectors([ValueSource(nameof(All))] ITokenCompressor compressor)
    {
        var random = new Random(1);
        for (var trial = 0; trial < 200; trial++)
        {
            var video = RandomVideo(random, 1 + random.Next(6), 1 + random.Next(5), 1 + random.Next(5));
            var ratio = 1 - random.NextDouble();
            var kept = compressor.Compress(video, ratio);
            Assert.That(kept.Count, Is.EqualTo(Math.Max(1, (int)Math.Floor(ratio * video.Grid.Count))));
            Assert.That(kept.Vectors.ToArray(), Is.EqualTo(KeptTokens.Gather(video, kept.Positions).Vectors.ToArray()));
        }
    }

    [Test]
    public void Compress_Twice_KeepsTheSameTokens([ValueSource(nameof(All))] ITokenCompressor compressor)
    {
        var video = RandomVideo(new Random(2), 6, 5, 5);
        var copy = new VideoTokens(video.Grid, video.Dimension, video.Vectors.ToArray());
        Assert.That(Kept(compressor, video, 0.3), Is.EqualTo(Kept(compressor, copy, 0.3)));
    }

    [Test]
    public void Compress_InvalidArguments_Throw([ValueSource(nameof(All))] ITokenCompressor compressor)
    {
        var video = RandomVideo(new Random(3), 1, 2, 2);
        Assert.That(() => compressor.Compress(null!, 0.5), Throws.ArgumentNullException);
        foreach (var ratio in new[] { 0, -1, 1.5, double.NaN })
            Assert.That(() => compressor.Compress(video, ratio), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [TestCase(typeof(RandomCompressor))]
    [TestCase(typeof(JitteredUniformCompressor))]
    public void Compress_OtherSeedOrVideo_KeepsOtherTokens(Type type)
    {
        ITokenCompressor Seeded(long seed) => (ITokenCompressor)Activator.CreateInstance(type, seed)!;
        var (video, other) = (RandomVideo(new Random(4), 4, 8, 8), RandomVideo(new Random(5), 4, 8, 8));
        Assert.That(Kept(Seeded(1), video, 0.25), Is.Not.EqualTo(Kept(Seeded(2), video, 0.25)));
        Assert.That(Kept(Seeded(1), video, 0.25), Is.Not.EqualTo(Kept(Seeded(1), other, 0.25)));
    }

    /// <summary>Ten steps of 2x2 tokens: three of them in the middle of three stretches, one where the budget is less than a step.</summary>
    [TestCase(0.39, new[] { 1, 5, 8 })]
    [TestCase(0.01, new[] { 5 })]
    [TestCase(1.0, new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 })]
    public void FrameDrop_Ratio_KeepsWholeStepsAtEqualDistances(double ratio, int[] steps)
    {
        var kept = Kept(new FrameDropCompressor(), RandomVideo(new Random(7), 10, 2, 2), ratio);

        Assert.That(kept, Is.EqualTo(steps.SelectMany(step => Enumerable.Range(4 * step, 4))));
    }

    [Test]
    public void Random_ManySeeds_KeepsEveryPairEquallyOften()
    {
        var video = RandomVideo(new Random(6), 1, 1, 5);
        var pairs = Enumerable.Range(0, 10_000).Select(seed => Kept(new RandomCompressor(seed), video, 0.4)).GroupBy(kept => (kept[0], kept[1])).ToArray();
        Assert.That(pairs, Has.Length.EqualTo(10));
        // 1,000 expected, standard deviation 30.
        Assert.That(pairs.Select(pair => pair.Count()), Is.All.InRange(850, 1150));
    }

    [TestCase(0.5, new[] { 1, 3, 5, 7, 9 })]
    [TestCase(0.3, new[] { 1, 5, 8 })]
    [TestCase(0.1, new[] { 5 })]
    [TestCase(1.0, new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 })]
    public void Uniform_TenTokens_KeepsTheMiddlesOfEqualStretches(double ratio, int[] expected)
    {
        Assert.That(Kept(new UniformCompressor(), RandomVideo(new Random(7), 5, 1, 2), ratio), Is.EqualTo(expected));
    }

    [Test]
    public void Jittered_ManySeeds_KeepsEveryTokenOfEachStretchEquallyOften()
    {
        // Stretches of ten tokens cut in three: [0, 3), [3, 6), [6, 10).
        var video = RandomVideo(new Random(8), 5, 1, 2);
        var counts = new int[3, 10];
        for (var seed = 0; seed < 12_000; seed++)
        {
            var kept = Kept(new JitteredUniformCompressor(seed), video, 0.3);
            for (var k = 0; k < 3; k++)
                counts[k, kept[k]]++;
        }

        for (var k = 0; k < 3; k++)
            for (var i = 0; i < 10; i++)
                Assert.That(counts[k, i], (k == 2 ? i >= 6 : i / 3 == k) ? Is.InRange(2700, 4300) : Is.Zero, $"stretch {k}, token {i}");
    }

    [TestCase(0.125, new[] { 6 }, Description = "the largest change, 5")]
    [TestCase(0.25, new[] { 1, 6 }, Description = "the first step's own norm, 4")]
    [TestCase(0.375, new[] { 1, 3, 6 }, Description = "a change of 3")]
    [TestCase(0.5, new[] { 0, 1, 3, 6 }, Description = "norm and change of 1 tie at 0 and 2; the lower index wins")]
    public void LargestResidual_HandWorkedVideo_RanksByNorm(double ratio, int[] expected)
    {
        // Two tokens a step: X0 = (1,0), (0,4); X1 = (1,1), (0,1); X2 = (1,1), (0,1); X3 = (4,5), (0,1).
        var video = new VideoTokens(new TokenGrid(4, 1, 2), 2, new float[] { 1, 0, 0, 4, 1, 1, 0, 1, 1, 1, 0, 1, 4, 5, 0, 1 });
        Assert.That(Kept(new LargestResidualCompressor(), video, ratio), Is.EqualTo(expected));
    }

    [TestCase(1 / 6.0, new[] { 0 }, Description = "less than a step: its beginning")]
    [TestCase(2 / 6.0, new[] { 0, 1 }, Description = "the whole first step")]
    [TestCase(3 / 6.0, new[] { 0, 1, 5 }, Description = "opposite direction, dissimilarity 2")]
    [TestCase(4 / 6.0, new[] { 0, 1, 2, 5 }, Description = "right angle, dissimilarity 1")]
    [TestCase(5 / 6.0, new[] { 0, 1, 2, 3, 5 }, Description = "longer but in the same direction, 0, ties with unchanged; the lower index wins")]
    public void Evs_HandWorkedVideo_KeepsTheFirstStepThenTheLeastSimilar(double ratio, int[] expected)
    {
        // Two tokens a step: X0 = (1,0), (0,1); X1 = (0,2), (0,4); X2 = (0,2), (0,-1).
        var video = new VideoTokens(new TokenGrid(3, 1, 2), 2, new float[] { 1, 0, 0, 1, 0, 2, 0, 4, 0, 2, 0, -1 });
        Assert.That(Kept(new EvsCompressor(), video, ratio), Is.EqualTo(expected));
    }

    [Test]
    public void Evs_ZeroVectors_CountAsAtARightAngle()
    {
        // Token 2 was and stays zero; token 3 turns by less than a right angle.
        var video = new VideoTokens(new TokenGrid(2, 1, 2), 2, new float[] { 0, 0, 1, 0, 0, 0, 1, 1 });
        Assert.That(Kept(new EvsCompressor(), video, 0.75), Is.EqualTo(new[] { 0, 1, 2 }));
    }

    private static int[] Kept(ITokenCompressor compressor, VideoTokens video, double ratio) => compressor.Compress(video, ratio).Positions.ToArray();

    private static VideoTokens RandomVideo(Random random, int timeSteps, int height, int width)
    {
        var values = new float[timeSteps * height * width * 3];
        for (var i = 0; i < values.Length; i++)
            values[i] = random.NextSingle() - 0.5f;
        return new VideoTokens(new TokenGrid(timeSteps, height, width), 3, values);
    }
}
