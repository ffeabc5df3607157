using System.Numerics;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>The forms of HoliTom that published numbers come from.</summary>
internal enum HoliTomVariant
{
    /// <summary>The official code's stage before the language model (cokeshao/HoliTom at e9b2972).</summary>
    Outer,

    /// <summary>
    /// As ported to Qwen models in VidCom2's repository (branch qwen at a85d485): the norm of a token as its salience, tau 0.8 at
    /// every ratio, and evenly spaced positions in place of the tokens' own.
    /// </summary>
    VidCom2Port,
}

/// <summary>
/// HoliTom, its stage before the language model (NeurIPS 2025): the video is cut into runs of steps with the most places that
/// stay alike; those are averaged over the run and clustered, the other tokens are kept by salience. A merger.
/// </summary>
/// <remarks>
/// Needs <see cref="EncoderStatistics.ReceivedAttention"/>, or where the encoder has none (Qwen2.5-VL, for which there is no
/// official rule) <see cref="EncoderStatistics.PooledAttention"/>. tau is 0.65 up to a ratio of 0.10 and 0.80 above, as in the official scripts; beta is 0.6 and k 7.
/// The total is about rho*T*N, and less where more of the video is static than rho needs; it is not
/// <see cref="TopK.RetainedCount"/>. A merged token takes the position of its centre in the first step of its run. The original
/// breaks ties of density at random, here the lower index wins.
/// </remarks>
/// <param name="variant">Which form. Default <see cref="HoliTomVariant.Outer"/>.</param>
internal sealed class HoliTomCompressor(HoliTomVariant variant = HoliTomVariant.Outer) : ITokenCompressor
{
    private const double Beta = 0.6;
    private const int Neighbours = 7;

    /// <inheritdoc/>
    public string Name => (variant == HoliTomVariant.Outer ? CompressionMethod.HoliTom : CompressionMethod.HoliTomPort).Name;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The tokens come without the statistics that the variant needs.</exception>
    public KeptTokens Compress(VideoTokens video, double retentionRatio)
    {
        ArgumentNullException.ThrowIfNull(video);
        TopK.ThrowIfNotRetentionRatio(retentionRatio);

        if (variant == HoliTomVariant.VidCom2Port)
        {
            var sequence = Run(video, Salience.OfNorms(video), retentionRatio, tau: 0.8, DensityNoise.None);
            return sequence.ToKept(video, SpacedPositions(video.Grid.Count, sequence.Indices.Count));
        }

        return Run(video, Salience.Received(video, Name), retentionRatio, retentionRatio <= 0.1 ? 0.65 : 0.8, DensityNoise.None).ToKept(video);
    }

    /// <param name="video">The tokens.</param>
    /// <param name="salience">One value a token, [T*N].</param>
    /// <param name="retentionRatio">rho.</param>
    /// <param name="tau">Similarity above which a place counts as static.</param>
    /// <param name="noise">Noise of the densities.</param>
    internal static CompressedSequence Run(VideoTokens video, ReadOnlyMemory<float> salience, double retentionRatio, double tau, DensityNoise noise)
    {
        var (n, count) = (video.Grid.TokensPerStep, video.Grid.Count);
        var (segments, redundant) = StaticSegments.Find(video, tau);
        var ratio = Math.Min(retentionRatio / ((double)(count - redundant) / count), 1);
        var sequence = new CompressedSequence();
        foreach (var segment in segments)
        {
            MergeStatic(video, segment, ratio, noise, sequence);
            var dynamic = Enumerable.Range(0, n).Except(segment.StaticPlaces).ToArray();
            var kept = (int)Math.Ceiling(dynamic.Length * ratio);
            for (var step = segment.First; step <= segment.Last; step++)
            {
                var first = step * n;
                var saliences = Array.ConvertAll(dynamic, place => salience.Span[first + place]);
                foreach (var index in Ranking.Highest(saliences, kept))
                    sequence.Keep(first + dynamic[index]);
            }
        }

        // Tiny grids can round every share to nothing; a model needs a token.
        if (sequence.Indices.Count == 0)
            sequence.Keep(Ranking.Highest(salience.Span, 1)[0]);
        return sequence;
    }

    /// <summary>Means over the run of the places that stay alike, clustered around the densest.</summary>
    private static void MergeStatic(VideoTokens video, StaticSegment segment, double ratio, DensityNoise noise, CompressedSequence sequence)
    {
        var places = segment.StaticPlaces;
        var count = (int)Math.Round(places.Length * ratio, MidpointRounding.ToEven);
        if (count == 0)
            return;

        var n = video.Grid.TokensPerStep;
        var means = new ReadOnlyMemory<float>[places.Length];
        Parallel.For(0, places.Length, i =>
        {
            var mean = new MeanVector(video.Dimension);
            for (var step = segment.First; step <= segment.Last; step++)
                mean.Add(video.Token(step * n + places[i]));
            means[i] = mean.Value();
        });

        var peaks = new DensityPeaks(means, Math.Min(Neighbours, count), noise);
        var centres = peaks.Centres(count);
        var members = Array.ConvertAll(centres, _ => new MeanVector(video.Dimension));
        for (var i = 0; i < places.Length; i++)
            if (Array.BinarySearch(centres, i) < 0)
                members[peaks.Nearest(i, centres)].Add(means[i].Span);
        for (var c = 0; c < centres.Length; c++)
            sequence.Merge(segment.First * n + places[centres[c]], members[c].Blend(means[centres[c]].Span, Beta));
    }

    /// <summary>
    /// The port's positions, evenly spaced over the video whatever the tokens are, as torch.linspace gives them over whole numbers on
    /// a processor: elements are computed in pairs of vectors of four lanes, in which the start and the multiples of the step are
    /// cut to whole numbers before they are added; the rest one by one.
    /// </summary>
    private static int[] SpacedPositions(int tokens, int count)
    {
        const int lanes = 4;
        if (count == 1)
            return [0];
        var (last, step) = (tokens - 1, (tokens - 1) / (double)(count - 1));
        var inVectors = count / (2 * lanes) * (2 * lanes);
        var positions = new int[count];
        for (var i = 0; i < count; i++)
        {
            var lane = i < inVectors ? i % lanes : 0;
            var start = i - lane;
            positions[i] = (int)(start < count / 2 ? step * start : last - step * (count - 1 - start)) + (int)(step * lane);
        }

        return positions;
    }
}

/// <summary>A run of steps [First, Last] and the places of the grid that stay alike through all of it (none in a run of one step).</summary>
internal sealed record StaticSegment(int First, int Last, int[] StaticPlaces);

/// <summary>
/// HoliTom's segmentation: the cut of a video into runs of steps that makes the most tokens redundant, found by dynamic
/// programming. A place is alike from one step to the next where its cosine similarity exceeds tau; a run of s steps in
/// which p places stay alike makes p (s - 1) tokens redundant.
/// </summary>
internal static class StaticSegments
{
    private const int LongestRun = 1024;

    /// <param name="video">The tokens.</param>
    /// <param name="tau">Similarity above which a place counts as alike.</param>
    /// <returns>The runs in order, and how many tokens they make redundant.</returns>
    public static (IReadOnlyList<StaticSegment> Segments, int RedundantTokens) Find(VideoTokens video, double tau)
    {
        var t = video.Grid.TimeSteps;
        var alike = AlikePlaces(video, tau);
        var best = new int[t];
        var length = new int[t];
        for (var last = 0; last < t; last++)
        {
            (best[last], length[last]) = (last > 0 ? best[last - 1] : 0, 1);
            var common = last > 0 ? (ulong[])alike[last - 1].Clone() : [];
            for (var run = 2; run <= Math.Min(last + 1, LongestRun); run++)
            {
                var first = last - run + 1;
                for (var word = 0; word < common.Length; word++)
                    common[word] &= alike[first][word];
                var redundant = common.Sum(BitOperations.PopCount) * (run - 1);
                // Longer runs have no more places in common.
                if (redundant == 0)
                    break;
                // Only what is strictly better, so that of equal cuts the shorter run stays.
                if (redundant + (first > 0 ? best[first - 1] : 0) is var total && total > best[last])
                    (best[last], length[last]) = (total, run);
            }
        }

        var segments = new List<StaticSegment>();
        for (var last = t - 1; last >= 0; last -= length[last])
            segments.Add(Segment(last - length[last] + 1, last, alike, video.Grid.TokensPerStep));
        segments.Reverse();
        return (segments, best[t - 1]);
    }

    private static StaticSegment Segment(int first, int last, ulong[][] alike, int n) =>
        new(first, last, first == last ? [] : [.. Enumerable.Range(0, n).Where(place => alike[first..last].All(words => (words[place / 64] >> (place % 64) & 1) == 1))]);

    /// <summary>For each step but the last one bit a place: whether it looks alike in the next step.</summary>
    private static ulong[][] AlikePlaces(VideoTokens video, double tau)
    {
        var alike = new ulong[video.Grid.TimeSteps - 1][];
        Parallel.For(0, alike.Length, step =>
        {
            var words = new ulong[(video.Grid.TokensPerStep + 63) / 64];
            var similarities = Cosine.OfSteps(video, step, step + 1);
            for (var place = 0; place < similarities.Length; place++)
                if (similarities[place] > tau)
                    words[place / 64] |= 1ul << (place % 64);
            alike[step] = words;
        });
        return alike;
    }
}
