using System.Numerics.Tensors;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>
/// Efficient Video Sampling as served by vLLM (<c>vllm/multimodal/evs.py</c>, pull request 22980): the first step comes first,
/// whole; then the tokens least similar (cosine) to the same place one step before, ties to the lower index.
/// </summary>
/// <remarks>
/// One difference: vLLM never keeps fewer tokens than one step has. Here exactly <see cref="TopK.RetainedCount"/> are kept, so
/// that methods compare at one budget; where that is less than a step, it is the beginning of the first step and nothing else.
/// </remarks>
public sealed class EvsCompressor : TokenPruner
{
    // Dissimilarities lie in [0, 2].
    private const float FirstStep = 255;
    private const float SmallestNormProduct = 1e-8f;

    /// <inheritdoc/>
    public override string Name => "EVS";

    /// <inheritdoc/>
    public override int[] Select(VideoTokens video, double retentionRatio)
    {
        ArgumentNullException.ThrowIfNull(video);

        var count = TopK.RetainedCount(retentionRatio, video.Grid.Count);
        var (n, d) = (video.Grid.TokensPerStep, video.Dimension);
        var x = video.Vectors.Span;
        var dissimilarity = new float[video.Grid.Count];
        dissimilarity.AsSpan(0, n).Fill(FirstStep);
        for (var i = n; i < dissimilarity.Length; i++)
        {
            var now = x.Slice(i * d, d);
            var before = x.Slice((i - n) * d, d);
            var norms = TensorPrimitives.Norm(now) * TensorPrimitives.Norm(before);
            dissimilarity[i] = 1 - TensorPrimitives.Dot(now, before) / Math.Max(norms, SmallestNormProduct);
        }

        return TopK.Select(dissimilarity, count);
    }
}
