using FsCheck;
using FsCheck.Fluent;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>DyCoke, VidCom2, HoliTom, FastVID and EVS at vLLM's count on any video; what the originals put out is compared in the golden cases of the program's tests.</summary>
[TestFixture]
internal sealed class RivalCompressorTests
{
    private static readonly CompressionMethod[] s_others = [CompressionMethod.VidCom2, CompressionMethod.VidCom2Vllm, CompressionMethod.EvsVllm];

    private static readonly ITokenCompressor[] All =
        [.. CompressionMethod.All.Where(method => method.Name.StartsWith("DyCoke", StringComparison.Ordinal) || s_others.Contains(method) || method.Merges).Select(method => method.Create())];

    [Test]
    public void Compress_AnyVideo_KeepsAtLeastOneTokenAndOnlyFiniteVectors([ValueSource(nameof(All))] ITokenCompressor compressor)
    {
        var cases = from steps in Gen.Choose(1, 12)
                    from height in Gen.Choose(1, 4)
                    from width in Gen.Choose(1, 4)
                    from seed in Gen.Choose(0, 10_000)
                    from percent in Gen.Choose(1, 100)
                    select (Video(steps, height, width, seed), percent / 100d);
        Prop.ForAll(cases.ToArbitrary(), item =>
        {
            var kept = compressor.Compress(item.Item1, item.Item2);
            return kept.Count >= 1 && kept.Count <= item.Item1.Grid.Count && kept.Vectors.ToArray().All(float.IsFinite);
        }).QuickCheckThrowOnFailure();
    }

    [Test]
    public void Compress_StaticVideoOfZeros_KeepsTokens([ValueSource(nameof(All))] ITokenCompressor compressor)
    {
        var video = WithStatistics(new TokenGrid(9, 2, 3), new float[9 * 6 * 4], new float[9 * 6]);

        Assert.That(compressor.Compress(video, 0.3).Vectors.ToArray(), Is.Not.Empty.And.All.EqualTo(0f));
    }

    [Test]
    public void Compress_Twice_GivesTheSameBits([ValueSource(nameof(All))] ITokenCompressor compressor)
    {
        var (first, second) = (compressor.Compress(Video(9, 5, 5, 1), 0.25), compressor.Compress(Video(9, 5, 5, 1), 0.25));

        Assert.That(second.Positions.ToArray(), Is.EqualTo(first.Positions.ToArray()));
        Assert.That(second.Vectors.ToArray(), Is.EqualTo(first.Vectors.ToArray()));
    }

    [Test]
    public void Compress_VideoWithTimes_KeepsThem([ValueSource(nameof(All))] ITokenCompressor compressor)
    {
        var video = Video(3, 2, 2, 1);
        var timed = new VideoTokens(video.Grid, video.Dimension, video.Vectors) { Statistics = video.Statistics, Times = new StepTimes([0, 2, 5], 6) };

        Assert.That(compressor.Compress(timed, 0.5).Times, Is.SameAs(timed.Times));
    }

    [Test]
    public void Compress_InvalidRatio_Throws([ValueSource(nameof(All))] ITokenCompressor compressor, [Values(0, 1.1, double.NaN)] double ratio) =>
        Assert.That(() => compressor.Compress(Video(2, 2, 2, 1), ratio), Throws.InstanceOf<ArgumentOutOfRangeException>());

    // Totals from the counting formulas of DyCoke's code: whole steps N, pruned steps floor((1 - K) N).
    [TestCase(64, 13, 13, 0.40, DyCokeVariant.Official, 4424)]
    [TestCase(64, 13, 13, 0.25, DyCokeVariant.Official, 2873)]
    [TestCase(64, 13, 13, 0.40, DyCokeVariant.PaperBound, 4288)]
    [TestCase(64, 13, 13, 0.25, DyCokeVariant.PaperBound, 2704)]
    [TestCase(64, 13, 13, 0.10, DyCokeVariant.PaperBound, 2704)]
    [TestCase(128, 9, 37, 0.40, DyCokeVariant.Official, 17259)]
    [TestCase(128, 9, 37, 0.25, DyCokeVariant.PaperBound, 10656)]
    [TestCase(1, 13, 13, 0.25, DyCokeVariant.Official, 169)]
    public void DyCoke_KnownSizes_KeepsWhatTheFormulaSays(int steps, int height, int width, double ratio, DyCokeVariant variant, int expected) =>
        Assert.That(new DyCokeCompressor(variant).Compress(Video(steps, height, width, 1), ratio).Count, Is.EqualTo(expected));

    [Test]
    public void DyCoke_StepsAlikeInSinglePrecision_KeepsWhatChangedMost()
    {
        // The cosine of (1, 0) and (1, e) is 1 - e^2 / 2: 1 in single precision for each of these.
        float[] changes = [1e-4f, 4e-4f, 2e-4f, 3e-4f];
        float[] vectors = [.. changes.SelectMany(_ => new[] { 1f, 0 }), .. changes.SelectMany(change => new[] { 1f, change })];
        var video = new VideoTokens(new TokenGrid(2, 1, 4), 2, vectors);

        Assert.That(DyCokeCompressor.Run(video, 0.5, DyCokeVariant.Official).Indices, Is.EqualTo(new[] { 0, 1, 2, 3, 4 + 1, 4 + 3 }));
    }

    [Test]
    public void DyCoke_StillVideo_KeepsTheFirstPlaces()
    {
        var step = Video(1, 3, 3, 1).Vectors.ToArray();
        float[] vectors = [.. step, .. step];

        var kept = new DyCokeCompressor().Compress(new VideoTokens(new TokenGrid(2, 3, 3), 4, vectors), 0.55);

        Assert.That(kept.Positions.ToArray(), Is.EqualTo(Enumerable.Range(0, 12)));
    }

    // Counts of the original's arithmetic in single precision; in double precision the shares are 3.5 and 13.5.
    [TestCase(1, 25, 0.1, new[] { 2 })]
    [TestCase(1, 30, 0.25, new[] { 8 })]
    [TestCase(3, 15, 0.35, new[] { 3, 9, 3 })]
    [TestCase(4, 20, 0.9, new[] { 13, 20, 13, 13 })]
    public void VidCom2_SharesOfHalfAToken_RoundsAsTheOriginal(int steps, int places, double ratio, int[] expected)
    {
        // The second step is unlike the others, far enough for it to get all of the weight.
        var values = from step in Enumerable.Range(0, steps)
                     from place in Enumerable.Range(0, places)
                     from value in new[] { (step == 1 ? 1 : -1) + 0.01f * place, 1 + 0.02f * place, 5f * place, -5f * place }
                     select value;

        var kept = new VidCom2Compressor().Compress(new VideoTokens(new TokenGrid(steps, 1, places), 4, values.ToArray()), ratio);

        Assert.That(kept.Positions.ToArray().CountBy(position => position / places).Select(count => count.Value), Is.EqualTo(expected));
    }

    [Test]
    public void VidCom2_OneChannel_KeepsTheRatio() =>
        Assert.That(new VidCom2Compressor().Compress(new VideoTokens(new TokenGrid(2, 1, 4), 1, new float[] { 1, 2, 3, 4, -5, 6, 7, 8 }), 0.5).Count, Is.EqualTo(4));

    [Test]
    public void FastVid_AnchorsAlikeInSinglePrecision_MergesIntoTheMoreSimilar()
    {
        // Three salient tokens, two clusters in nearly one direction, and between them a token whose direction is nearer to the second's.
        float[] vectors = [0, 9, 0, 8, 0, 7, 1, 0, 1.001f, 0, 0.999f, 0, 10, 1e-3f, 10.001f, 1e-3f, 9.999f, 1e-3f, 5, 3e-4f];
        var video = WithStatistics(new TokenGrid(1, 1, 10), vectors, [9, 8, 7, 1, 1, 1, 1, 1, 1, 1], dimension: 2);

        var kept = new FastVidCompressor(FastVidVariant.Qwen25VL).Compress(video, 0.5);

        Assert.That(kept.Positions.ToArray(), Is.EqualTo(new[] { 0, 1, 2, 4, 8 }));
        Assert.That(kept.Vectors.ToArray()[6..], Is.EqualTo(new[] { 1.0004f, 0, 9.3328665f, 9.066667e-4f }).Within(1e-6));
    }

    [Test]
    public void FastVid_OneVisionWithNoise_DrawsItForStepsWithoutAnchorsToo()
    {
        // Tokens so far apart that all densities are nothing but noise; the second step's is the second half.
        float[] step = [0, 0, 0, 1, 0, 2, 1000, 0, 2000, 0, 5000, 0, 10000, 0, 17000, 0];
        float[] noise = [0.9f, 0.1f, 0.1f, 0.1f, 0.9f, 0.1f, 0.2f, 0.9f, 0.3f, 0.8f];
        float[] salience = [9, 8, 7, 0, 0, 0, 0, 0, 9, 8, 7, 0, 0, 0, 0, 0];
        float[] vectors = [.. step, .. step.Select(value => value + 1)];
        var settings = FastVidSettings.Of(FastVidVariant.LlavaOneVision) with { C = 1 };

        var sequence = FastVidCompressor.Run(
            new VideoTokens(new TokenGrid(2, 1, 8), 2, vectors), salience, FastVidVariant.LlavaOneVision, settings, 0.5, new DensityNoise(noise));

        Assert.That(sequence.Indices.Where((_, i) => sequence.Merged[i] is not null), Is.EqualTo(new[] { 13, 15 }));
    }

    [Test]
    public void FastVid_PortAtRatioOne_KeepsEveryTokenAsItIs()
    {
        var video = Video(9, 4, 4, 1);

        var kept = new FastVidCompressor(FastVidVariant.VidCom2Port).Compress(video, 1);

        Assert.That(kept.Vectors.ToArray(), Is.EqualTo(video.Vectors.ToArray()));
    }

    [Test]
    public void VidCom2_EqualSteps_GivesEachTheRatio()
    {
        var step = Video(1, 5, 8, 1).Vectors.ToArray();
        var video = WithStatistics(new TokenGrid(6, 5, 8), [.. Enumerable.Repeat(step, 6).SelectMany(values => values)], new float[240]);

        var kept = new VidCom2Compressor().Compress(video, 0.25);

        Assert.That(kept.Positions.ToArray().GroupBy(position => position / 40).Select(group => group.Count()), Is.EqualTo(Enumerable.Repeat(10, 6)));
    }

    [Test]
    public void HoliTom_StillVideo_MergesOneRunIntoMeansAtItsFirstStep()
    {
        // Two places that never change, averaged over four steps of one run; ratio 0.25 is all of what is not redundant.
        float[] step = [1, 0, 0, 1];
        var video = WithStatistics(new TokenGrid(4, 1, 2), [.. Enumerable.Repeat(step, 4).SelectMany(values => values)], new float[8], dimension: 2);

        var kept = new HoliTomCompressor().Compress(video, 0.25);

        Assert.That(kept.Positions.ToArray(), Is.EqualTo(new[] { 0, 1 }));
        Assert.That(kept.Vectors.ToArray(), Is.EqualTo(step));
    }

    [TestCase("holitom")]
    [TestCase("fastvid")]
    public void Compress_WithoutStatistics_SaysSo(string word)
    {
        var compressor = CompressionMethod.Find(word)!.Create();
        var video = new VideoTokens(new TokenGrid(2, 1, 2), 2, new float[8]);

        Assert.That(() => compressor.Compress(video, 0.5), Throws.ArgumentException.With.Message.Contains("EncoderStatistics"));
    }

    private static VideoTokens Video(int steps, int height, int width, int seed)
    {
        const int dimension = 4;
        var random = new Random(seed);
        var grid = new TokenGrid(steps, height, width);
        var vectors = new float[grid.Count * dimension];
        for (var i = 0; i < vectors.Length; i++)
            // Half of the values repeat the step before, so that there is something static.
            vectors[i] = i >= grid.TokensPerStep * dimension && random.Next(2) == 0 ? vectors[i - grid.TokensPerStep * dimension] : random.NextSingle() * 2 - 1;
        return WithStatistics(grid, vectors, [.. Enumerable.Range(0, grid.Count).Select(_ => random.NextSingle())]);
    }

    private static VideoTokens WithStatistics(TokenGrid grid, float[] vectors, float[] attention, int dimension = 4) =>
        new(grid, dimension, vectors) { Statistics = new EncoderStatistics { ReceivedAttention = attention, PooledAttention = attention } };
}
