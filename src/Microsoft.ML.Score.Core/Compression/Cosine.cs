using System.Numerics.Tensors;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>Cosine similarities; that of a zero vector is 0.</summary>
internal static class Cosine
{
    public static float Similarity(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        var similarity = TensorPrimitives.CosineSimilarity(x, y);
        return float.IsFinite(similarity) ? similarity : 0;
    }

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
