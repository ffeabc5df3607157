using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>
/// Efficient Video Sampling as served by vLLM (<c>vllm/multimodal/evs.py</c>, pull request 22980; for Qwen3-VL 29752 and 33607): the first
/// step comes first, whole; then the tokens least similar (cosine) to the same place one step before, ties to the lower index.
/// </summary>
/// <remarks>
/// vLLM never keeps fewer tokens than one step has. So that methods compare at one budget, exactly <see cref="TopK.RetainedCount"/> are kept
/// here unless its count is asked for; where that is less than a step, it is the beginning of the first step and nothing else.
/// </remarks>
/// <param name="vllmCount">Whether to keep as many as vLLM: by <see cref="VllmCount"/>, the first step at least. Default no.</param>
internal sealed class EvsCompressor(bool vllmCount = false) : TokenPruner
{
    // Dissimilarities lie in [0, 2].
    private const double FirstStep = 255;

    /// <inheritdoc/>
    public override string Name => (vllmCount ? CompressionMethod.EvsVllm : CompressionMethod.Evs).Name;

    /// <inheritdoc/>
    public override int[] Select(VideoTokens video, double retentionRatio)
    {
        ArgumentNullException.ThrowIfNull(video);
        TopK.ThrowIfNotRetentionRatio(retentionRatio);

        var (steps, n) = (video.Grid.TimeSteps, video.Grid.TokensPerStep);
        var count = vllmCount ? VllmCount.Of(video.Grid, retentionRatio, least: n) : TopK.RetainedCount(retentionRatio, video.Grid.Count);
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
