using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>Choosing the first few of some scores; of equal ones the lower index comes first.</summary>
internal static class Ranking
{
    /// <summary>The indices of the <paramref name="count"/> lowest scores (of all, if there are fewer), lowest first.</summary>
    public static int[] Lowest(ReadOnlySpan<double> scores, int count)
    {
        var keys = scores.ToArray();
        var indices = Enumerable.Range(0, keys.Length).ToArray();
        Array.Sort(indices, (a, b) => keys[a].CompareTo(keys[b]) is var order and not 0 ? order : a.CompareTo(b));
        return indices[..Math.Min(count, indices.Length)];
    }

    /// <summary>The indices of the <paramref name="count"/> highest scores (of all, if there are fewer), ascending by index.</summary>
    public static int[] Highest(ReadOnlySpan<double> scores, int count)
    {
        var negated = new double[scores.Length];
        for (var i = 0; i < negated.Length; i++)
            negated[i] = -scores[i];
        var chosen = Lowest(negated, count);
        Array.Sort(chosen);
        return chosen;
    }

    /// <summary>As <see cref="Highest(ReadOnlySpan{double}, int)"/>.</summary>
    public static int[] Highest(ReadOnlySpan<float> scores, int count)
    {
        var widened = new double[scores.Length];
        for (var i = 0; i < widened.Length; i++)
            widened[i] = scores[i];
        return Highest(widened, count);
    }
}

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

/// <summary>Where compressors take the salience of a token from, [T*N].</summary>
internal static class Salience
{
    /// <summary>Attention received in the encoder, or pooled attention where that is all there is.</summary>
    /// <exception cref="ArgumentException">The tokens have neither.</exception>
    public static ReadOnlyMemory<float> Received(VideoTokens video, string compressor) =>
        video.Statistics is { ReceivedAttention: { IsEmpty: false } received } ? received : Pooled(video, compressor);

    /// <summary>Pooled attention.</summary>
    /// <exception cref="ArgumentException">The tokens do not have it.</exception>
    public static ReadOnlyMemory<float> Pooled(VideoTokens video, string compressor) =>
        video.Statistics is { PooledAttention: { IsEmpty: false } pooled }
            ? pooled
            : throw new ArgumentException($"{compressor} chooses by the encoder's attention, which these tokens come without; encode the video with a model loaded with EncoderStatistics (for FastVID on LLaVA-Video with SiglipFolder too).", nameof(video));

    /// <summary>The Euclidean norm of each token.</summary>
    public static float[] OfNorms(VideoTokens video)
    {
        var norms = new float[video.Grid.Count];
        for (var i = 0; i < norms.Length; i++)
            norms[i] = (float)Math.Sqrt(WideSums.Dot(video.Token(i), video.Token(i)));
        return norms;
    }
}
