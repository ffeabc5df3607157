using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>
/// Cosine similarities; exactly 1 for equal vectors, and 0 for a zero vector. In double precision, because places that stay still differ
/// from 1 only in the last digits of single precision, and those decide the order.
/// </summary>
internal static class Cosine
{
    private const double SmallestProduct = 1e-24;

    public static double Similarity(ReadOnlySpan<float> x, ReadOnlySpan<float> y) =>
        WideSums.Dot(x, y) / Math.Max(Math.Sqrt(WideSums.Dot(x, x) * WideSums.Dot(y, y)), SmallestProduct);

    /// <summary>The similarity of each token of one step to the token at the same place of another step, [N].</summary>
    public static double[] OfSteps(VideoTokens video, int step, int other)
    {
        var n = video.Grid.TokensPerStep;
        var similarities = new double[n];
        for (var i = 0; i < n; i++)
            similarities[i] = Similarity(video.Token(step * n + i), video.Token(other * n + i));
        return similarities;
    }
}
