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
internal sealed class EvsCompressor : TokenPruner
{
    // Dissimilarities lie in [0, 2].
    private const double FirstStep = 255;

    /// <inheritdoc/>
    public override string Name => CompressionMethod.Evs.Name;

    /// <inheritdoc/>
    public override int[] Select(VideoTokens video, double retentionRatio)
    {
        ArgumentNullException.ThrowIfNull(video);

        var count = TopK.RetainedCount(retentionRatio, video.Grid.Count);
        var (steps, n) = (video.Grid.TimeSteps, video.Grid.TokensPerStep);
        var dissimilarity = new double[video.Grid.Count];
        dissimilarity.AsSpan(0, n).Fill(FirstStep);
        Parallel.For(1, steps, step =>
        {
            var similarities = Cosine.OfSteps(video, step, step - 1);
            for (var i = 0; i < n; i++)
                dissimilarity[step * n + i] = 1 - similarities[i];
        });
        return Ranking.Highest(dissimilarity, count);
    }
}
