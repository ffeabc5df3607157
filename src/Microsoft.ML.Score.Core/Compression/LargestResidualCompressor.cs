using System.Numerics.Tensors;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>
/// A control without learning: the k tokens whose residual dX[t] = X[t] - X[t-1] has the largest Euclidean norm. As in
/// equation (2) of the SCORE paper the step before the first is zero, so the first step competes with its own norm, which on
/// slow videos outweighs most changes.
/// </summary>
public sealed class LargestResidualCompressor : TokenPruner
{
    /// <inheritdoc/>
    public override string Name => "largest residual";

    /// <inheritdoc/>
    public override int[] Select(VideoTokens video, double retentionRatio)
    {
        ArgumentNullException.ThrowIfNull(video);

        var count = TopK.RetainedCount(retentionRatio, video.Grid.Count);
        var (n, d) = (video.Grid.TokensPerStep, video.Dimension);
        var x = video.Vectors.Span;
        var norms = new float[video.Grid.Count];
        for (var i = 0; i < norms.Length; i++)
            norms[i] = i < n
                ? TensorPrimitives.Norm(x.Slice(i * d, d))
                : TensorPrimitives.Distance(x.Slice(i * d, d), x.Slice((i - n) * d, d));
        return TopK.Select(norms, count);
    }
}
