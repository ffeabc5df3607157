using System.Numerics;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

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
