using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>EVS and VidCom2 at vLLM's counts, against the same written down a second time, token by token, and by hand.</summary>
[TestFixture]
internal sealed class VllmCompressorTests
{
    private static readonly TokenPruner[] s_all = [new EvsCompressor(vllmCount: true), new VidCom2Compressor(vllmCount: true)];

    // What is typed here, and what is typed for vLLM.
    private static readonly (double Ratio, double Rate)[] s_budgets =
        [(0.01, 0.99), (0.05, 0.95), (0.07, 0.93), (0.1, 0.9), (0.15, 0.85), (0.25, 0.75), (0.29, 0.71), (0.4, 0.6), (0.5, 0.5), (0.7, 0.3), (0.9, 0.1), (0.99, 0.01), (1, 0)];

    [Test]
    public void Compress_AnyVideo_KeepsWhatTheTwinsKeep()
    {
        var (dropped, added, emptied) = (0, 0, 0);
        foreach (var (video, ratio, rate) in Cases())
        {
            var what = $"{video.Grid} at {ratio}";
            Assert.That(s_all[0].Select(video, ratio), Is.EqualTo(EvsTwin(video, rate)), what);
            var (expected, before) = VidCom2Twin(video, rate);
            Assert.That(s_all[1].Select(video, ratio), Is.EqualTo(expected), what);
            dropped += before > expected.Length ? 1 : 0;
            added += before < expected.Length ? 1 : 0;
            emptied += expected.DistinctBy(index => index / video.Grid.TokensPerStep).Count() < video.Grid.TimeSteps ? 1 : 0;
        }

        Assert.That(new[] { dropped, added, emptied }, Is.All.AtLeast(10), "the count is reached from above, from below, and by emptying a step");
    }

    [Test]
    public void Compress_AnyVideo_KeepsVllmsCountInAscendingOrder()
    {
        foreach (var (video, ratio, rate) in Cases())
        {
            var (t, n) = (video.Grid.TimeSteps, video.Grid.TokensPerStep);
            var share = (int)(t * n * (1 - rate));

            int[] evs = s_all[0].Select(video, ratio), vidCom2 = s_all[1].Select(video, ratio);

            Assert.That((evs.Length, vidCom2.Length), Is.EqualTo((Math.Max(n, share), Math.Max(t, share))), $"{video.Grid} at {ratio}");
            Assert.That(evs[..n], Is.EqualTo(Enumerable.Range(0, n)), "the first step is whole");
            foreach (var kept in new[] { evs, vidCom2 })
                Assert.That(kept, Is.Ordered.And.Unique.And.All.InRange(0, t * n - 1));
        }
    }

    [Test]
    public void Share_PerMille_IsThatOfTheTypedRate()
    {
        var mille = Enumerable.Range(1, 1000).ToArray();

        Assert.That(mille.Select(ratio => VllmCount.Share(ratio / 1000d)), Is.EqualTo(mille.Select(ratio => 1 - (1000 - ratio) / 1000d)));
    }

    [TestCase(20, 5, 0.1, 9, 20, Description = "1 - 0.9 is less than 0.1 in binary, so 9 and not 10; VidCom2 keeps a token a step")]
    [TestCase(64, 169, 0.1, 1081, 1081)]
    [TestCase(64, 169, 0.01, 169, 108, Description = "less than a step: EVS keeps the first one")]
    [TestCase(384, 4, 0.1, 153, 384)]
    [TestCase(1, 30, 0.25, 30, 7, Description = "one step: EVS prunes nothing")]
    [TestCase(20, 5, 0.07, 6, 20, Description = "1 - 0.93 too is less")]
    [TestCase(20, 5, 0.29, 29, 29, Description = "1 - 0.71 is more than 0.29 in binary, by which 28 would be kept")]
    [TestCase(7, 1, 0.3, 2, 7)]
    [TestCase(3, 4, 1, 12, 12)]
    public void Select_KnownSizes_KeepsVllmsCounts(int steps, int places, double ratio, int evs, int vidCom2)
    {
        var video = Video(new TokenGrid(steps, 1, places), 3, seed: 1);

        Assert.That((s_all[0].Select(video, ratio).Length, s_all[1].Select(video, ratio).Length), Is.EqualTo((evs, vidCom2)));
    }

    [TestCase(0.1, 10, new[] { 1, 1, 1, 1 }, Description = "one of each step, where 3.99 have room: a token a step is the least")]
    [TestCase(0.3, 12, new[] { 3, 3, 3, 3 })]
    [TestCase(0.55, 22, new[] { 6, 6, 6, 4 }, Description = "6 (5.5) of each step, where 22 have room: the last two go")]
    public void Select_AllTokensAlike_KeepsTheLowestIndices(double ratio, int evs, int[] ofSteps)
    {
        var video = new VideoTokens(new TokenGrid(4, 2, 5), 2, Enumerable.Repeat(0.5f, 80).ToArray());

        Assert.That(s_all[0].Select(video, ratio), Is.EqualTo(Enumerable.Range(0, evs)));
        Assert.That(s_all[1].Select(video, ratio), Is.EqualTo(ofSteps.SelectMany((count, step) => Enumerable.Range(10 * step, count))));
    }

    [TestCase(0.5, new[] { 0, 1, 5 }, Description = "opposite direction, dissimilarity 2")]
    [TestCase(5 / 6.0, new[] { 0, 1, 2, 3, 5 }, Description = "longer but in the same direction ties with unchanged; the lower index wins")]
    [TestCase(0.1, new[] { 0, 1 }, Description = "never less than the first step")]
    public void Evs_HandWorkedVideo_KeepsTheFirstStepThenTheLeastSimilar(double ratio, int[] expected)
    {
        // Two tokens a step: X0 = (1,0), (0,1); X1 = (0,2), (0,4); X2 = (0,2), (0,-1).
        var video = new VideoTokens(new TokenGrid(3, 1, 2), 2, new float[] { 1, 0, 0, 1, 0, 2, 0, 4, 0, 2, 0, -1 });

        Assert.That(s_all[0].Select(video, ratio), Is.EqualTo(expected));
    }

    /// <summary>The budgets of the steps are 13, 20 (all of it, where its share would be 34), 13 and 13: 59 tokens where 72 have room.</summary>
    [Test]
    public void VidCom2_StepThatCannotHoldItsShare_GivesTheRestToTheLeastTypicalOfTheOthers()
    {
        var values = from step in Enumerable.Range(0, 4)
                     from place in Enumerable.Range(0, 20)
                     from value in new[] { (step == 1 ? 1 : -1) + 0.01f * place, 1 + 0.02f * place, 5f * place, -5f * place }
                     select value;
        var video = new VideoTokens(new TokenGrid(4, 1, 20), 4, values.ToArray());

        int[] published = new VidCom2Compressor().Select(video, 0.9), kept = s_all[1].Select(video, 0.9);

        Assert.That((published.Length, kept.Length), Is.EqualTo((59, 72)));
        Assert.That(published, Is.SubsetOf(kept));
        Assert.That(kept, Is.EqualTo(VidCom2Twin(video, 0.1).Kept));
    }

    [Test]
    public void Compress_StepTimes_KeepsThem([Values(0, 1)] int which)
    {
        var video = Video(new TokenGrid(3, 2, 2), 4, seed: 1);
        var timed = new VideoTokens(video.Grid, video.Dimension, video.Vectors) { Times = new StepTimes([0, 2, 5], 6) };

        Assert.That(s_all[which].Compress(timed, 0.2).Times, Is.SameAs(timed.Times));
    }

    [Test]
    public void Select_InvalidRatio_Throws([Values(0, 1)] int which, [Values(0, -0.1, 1.1, double.NaN)] double ratio) =>
        Assert.That(() => s_all[which].Select(Video(new TokenGrid(2, 2, 2), 2, seed: 1), ratio), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("(0, 1]"));

    /// <summary>Videos of every small shape, one step and one token a step among them; a third of the tokens repeat the one before in time or place.</summary>
    private static IEnumerable<(VideoTokens Video, double Ratio, double Rate)> Cases()
    {
        for (var seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            var grid = new TokenGrid(random.Next(1, 10), random.Next(1, 5), random.Next(1, 6));
            var (ratio, rate) = s_budgets[seed % s_budgets.Length];
            yield return (Video(grid, random.Next(1, 9), seed), ratio, rate);
        }
    }

    private static VideoTokens Video(TokenGrid grid, int dimension, int seed)
    {
        var random = new Random(seed);
        // The further from zero, the less do directions and so the weights of the steps differ.
        var offset = MathF.Pow(10, random.Next(-1, 3)) - 0.1f;
        var vectors = new float[grid.Count * dimension];
        for (var i = 0; i < grid.Count; i++)
        {
            var token = vectors.AsSpan(i * dimension, dimension);
            for (var c = 0; c < dimension; c++)
                token[c] = offset + random.NextSingle() * 2 - 1;
            var source = random.Next(3) > 0 ? -1 : random.Next(2) == 0 ? i - grid.TokensPerStep : i - 1;
            if (source >= 0)
                vectors.AsSpan(source * dimension, dimension).CopyTo(token);
        }

        return new VideoTokens(grid, dimension, vectors);
    }

    private static int[] EvsTwin(VideoTokens video, double rate)
    {
        var (t, n) = (video.Grid.TimeSteps, video.Grid.TokensPerStep);
        double Dissimilarity(int i)
        {
            if (i < n)
                return 255;
            double xy = 0, xx = 0, yy = 0;
            for (var c = 0; c < video.Dimension; c++)
            {
                double x = video.Token(i)[c], y = video.Token(i - n)[c];
                (xy, xx, yy) = (xy + x * y, xx + x * x, yy + y * y);
            }

            return 1 - xy / Math.Sqrt(xx * yy);
        }

        var count = Math.Max(n, (int)(t * n * (1 - rate)));
        return [.. Enumerable.Range(0, t * n).OrderByDescending(Dissimilarity).Take(count).Order()]; // a stable order
    }

    /// <summary>What is kept, and how many tokens the steps had kept before the count was made right.</summary>
    private static (int[] Kept, int Before) VidCom2Twin(VideoTokens video, double rate)
    {
        var (t, n, d) = (video.Grid.TimeSteps, video.Grid.TokensPerStep, video.Dimension);
        var all = Enumerable.Range(0, t * n).ToArray();
        var share = 1 - rate;

        double Variance(int c)
        {
            var mean = all.Average(i => (double)video.Token(i)[c]);
            return all.Average(i => (video.Token(i)[c] - mean) * (video.Token(i)[c] - mean));
        }

        var channels = Enumerable.Range(0, d).OrderBy(Variance).Take(Math.Max(1, d / 2)).ToArray();
        var z = all.Select(i =>
        {
            var token = channels.Select(c => (double)video.Token(i)[c]).ToArray();
            var norm = Math.Max(Math.Sqrt(token.Sum(x => x * x)), 1e-12);
            return token.Select(x => x / norm).ToArray();
        }).ToArray();
        double[] Mean(IEnumerable<int> tokens) => [.. channels.Select((_, c) => tokens.Average(i => z[i][c]))];
        double Likeness(int i, double[] centre)
        {
            var square = z[i].Zip(centre, (x, y) => (x - y) * (x - y)).Sum();
            return Math.Exp(-4 * square) + Math.Exp(-2 * square) + Math.Exp(-square) + Math.Exp(-square / 2) + Math.Exp(-square / 4);
        }

        var whole = Mean(all);
        var toVideo = all.Select(i => Likeness(i, whole)).ToArray();
        var steps = Enumerable.Range(0, t).Select(step => all[(step * n)..((step + 1) * n)]).ToArray();
        var likeness = steps.SelectMany(tokens => { var centre = Mean(tokens); return tokens.Select(i => toVideo[i] + Likeness(i, centre)); }).ToArray();

        var unlike = steps.Select(tokens => -tokens.Average(i => toVideo[i])).ToArray();
        var weights = unlike.Select(u => Math.Exp((u - unlike.Max()) / 0.01)).ToArray();
        var kept = new List<int>();
        for (var step = 0; step < t; step++)
        {
            var scale = Math.Min((float)share * (1 + (float)(weights[step] / weights.Sum()) - 1f / t), 1);
            kept.AddRange(steps[step].OrderBy(i => likeness[i]).Take(Math.Clamp((int)MathF.Round(scale * n), 1, n)).Order());
        }

        // One token at a time: of the kept the most alike and of those the last, of the others the least alike and of those the first.
        var (before, target) = (kept.Count, Math.Max(t, (int)(t * n * share)));
        while (kept.Count > target)
            kept.Remove(kept.Order().MaxBy(i => (likeness[i], i)));
        while (kept.Count < target)
            kept.Add(all.Except(kept).MinBy(i => (likeness[i], i)));
        return ([.. kept.Order()], before);
    }
}
