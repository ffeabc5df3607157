using System.Numerics.Tensors;

namespace Microsoft.ML.Score.Models.Layers;

/// <summary>Attention weights themselves, which the fused kernels never form; for saliences, over one frame or step at a time.</summary>
internal static class AttentionShares
{
    /// <summary>Adds weight * softmax(query k^T / sqrt(c)) to shares, for one query and one head.</summary>
    /// <param name="query">The query of the head, [c].</param>
    /// <param name="keys">Keys of all heads, [n, heads * c].</param>
    /// <param name="head">Which head.</param>
    /// <param name="weight">What the weights, which sum to 1, are multiplied by.</param>
    /// <param name="shares">[n].</param>
    public static void Add(ReadOnlySpan<float> query, ReadOnlySpan<float> keys, int head, float weight, Span<float> shares)
    {
        var (n, c) = (shares.Length, query.Length);
        var columns = keys.Length / n;
        var scale = 1 / MathF.Sqrt(c);
        var scores = n <= 1024 ? stackalloc float[n] : new float[n];
        for (var i = 0; i < n; i++)
            scores[i] = TensorPrimitives.Dot(query, keys.Slice(i * columns + head * c, c)) * scale;
        var highest = TensorPrimitives.Max(scores);
        var sum = 0f;
        for (var i = 0; i < n; i++)
            sum += scores[i] = MathF.Exp(scores[i] - highest);
        for (var i = 0; i < n; i++)
            shares[i] += weight * scores[i] / sum;
    }
}
