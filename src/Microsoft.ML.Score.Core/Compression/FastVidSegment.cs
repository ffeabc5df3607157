using System.Numerics.Tensors;
using Microsoft.ML.Score.Kernels.Simd;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>One segment of a video under FastVID: salient tokens kept, the others merged into the anchors of the anchor steps.</summary>
/// <param name="video">The whole video.</param>
/// <param name="salience">One value a token of the video, [T*N].</param>
/// <param name="firstStep">The segment's first step.</param>
/// <param name="budget">Salient and context tokens of each of its steps.</param>
/// <param name="anchorsAreMembers">Whether anchors count as members of clusters, their own included (LLaVA-OneVision).</param>
internal sealed class FastVidSegment(VideoTokens video, ReadOnlyMemory<float> salience, int firstStep, FastVidBudget budget, bool anchorsAreMembers)
{
    private const int Neighbours = 4;

    // Similarities as close as this are compared again in double precision.
    private const float UndecidedShare = 1e-4f;

    private readonly int _n = video.Grid.TokensPerStep;

    /// <summary>Appends the segment's tokens, in the order of their positions.</summary>
    /// <param name="beta">The least weight of an anchor in its cluster.</param>
    /// <param name="noise">Noise of the densities.</param>
    /// <param name="sequence">What the tokens are appended to.</param>
    public void Compress(double beta, DensityNoise noise, CompressedSequence sequence)
    {
        var steps = budget.Salient.Length;
        var salient = new bool[steps * _n];
        for (var step = 0; step < steps; step++)
            foreach (var place in Ranking.Highest(salience.Span.Slice((firstStep + step) * _n, _n), budget.Salient[step]))
                salient[step * _n + place] = true;

        var merged = new SortedDictionary<int, float[]>();
        for (var step = 0; step < steps; step++)
            if (budget.Context[step] > 0)
            {
                var anchors = Anchors(step, salient, noise);
                foreach (var (anchor, vector) in anchors.Zip(Merge(anchors, salient, beta)))
                    merged.Add(anchor, vector);
            }
            else if (anchorsAreMembers)
            {
                // The original draws noise for all steps at once, whether they have anchors or not.
                noise.Draw(_n - budget.Salient[step]);
            }

        for (var i = 0; i < salient.Length; i++)
            if (salient[i])
                sequence.Keep(firstStep * _n + i);
            else if (merged.TryGetValue(i, out var vector))
                sequence.Merge(firstStep * _n + i, vector);
    }

    /// <summary>The density peaks among the tokens of a step that are not salient, as indices within the segment, ascending.</summary>
    private int[] Anchors(int step, bool[] salient, DensityNoise noise)
    {
        var candidates = Enumerable.Range(step * _n, _n).Where(i => !salient[i]).ToArray();
        var rows = Array.ConvertAll(candidates, i => video.Vectors.Slice((firstStep * _n + i) * video.Dimension, video.Dimension));
        return Array.ConvertAll(new DensityPeaks(rows, Neighbours, noise).Centres(budget.Context[step]), centre => candidates[centre]);
    }

    /// <summary>The anchors of one step blended with the mean of the segment's tokens that are most similar to each.</summary>
    private float[][] Merge(int[] anchors, bool[] salient, double beta)
    {
        var (rows, d) = (salient.Length, video.Dimension);
        if (anchors.Length == 0)
            return [];
        var directions = new float[anchors.Length * d];
        for (var a = 0; a < anchors.Length; a++)
        {
            var direction = directions.AsSpan(a * d, d);
            var anchor = Token(anchors[a]);
            TensorPrimitives.Divide(anchor, Math.Max(TensorPrimitives.Norm(anchor), float.Epsilon), direction);
        }

        // The length of a member does not change which anchor is most similar to it.
        var similarities = new float[rows * anchors.Length];
        MatrixProduct.MultiplyTransposedB(video.Vectors.Span.Slice(firstStep * _n * d, rows * d), directions, similarities, rows, anchors.Length, d);
        var nearest = new int[rows];
        for (var i = 0; i < rows; i++)
            nearest[i] = salient[i] || (!anchorsAreMembers && Array.BinarySearch(anchors, i) >= 0)
                ? -1
                : MostSimilar(anchors, i, similarities.AsSpan(i * anchors.Length, anchors.Length));

        var blended = new float[anchors.Length][];
        Parallel.For(0, anchors.Length, a =>
        {
            var members = new MeanVector(d);
            for (var i = 0; i < rows; i++)
                if (nearest[i] == a)
                    members.Add(Token(i));
            blended[a] = members.Blend(Token(anchors[a]), Math.Max(1d / (members.Count + 1), beta));
        });
        return blended;
    }

    /// <summary>The anchor most similar to a token, as a number among the anchors; the first of equally similar ones.</summary>
    /// <param name="anchors">The anchors.</param>
    /// <param name="token">The token.</param>
    /// <param name="similarities">To each anchor, times the token's length, in single precision.</param>
    private int MostSimilar(int[] anchors, int token, ReadOnlySpan<float> similarities)
    {
        var best = TensorPrimitives.IndexOfMax(similarities);
        var least = similarities[best] - UndecidedShare * Math.Abs(similarities[best]);
        for (var a = 0; a < anchors.Length; a++)
            if (a != best && similarities[a] >= least
                && Exact(a).CompareTo(Exact(best)) is var order && (order > 0 || (order == 0 && a < best)))
                best = a;
        return best;

        double Exact(int anchor) => Cosine.Similarity(Token(token), Token(anchors[anchor]));
    }

    private ReadOnlySpan<float> Token(int index) => video.Token(firstStep * _n + index);
}
