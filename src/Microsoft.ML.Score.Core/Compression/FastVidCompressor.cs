using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>
/// FastVID (NeurIPS 2025), as its official code runs: the video is cut where steps differ; in each segment the most salient
/// tokens are kept, and the others are merged into anchors that stand at density peaks of every fourth step. A merger.
/// </summary>
/// <remarks>
/// Needs <see cref="EncoderStatistics.PooledAttention"/> (the VidCom2 port takes norms instead). Steps are compared by
/// <see cref="EncoderStatistics.StepFeatures"/> in the LLaVA forms; in the Qwen forms, and where there are none, by the mean of a step's tokens. Where code and paper differ we follow the code: an anchor weighs max(1/(n+1), beta), anchors of
/// other steps are merged too, densities count the token itself, Qwen2.5-VL skips near-duplicate steps. Where the code fails (fewer steps than segments, a segment without
/// context or salient tokens) that part is left out. The count is T max(1, floor(rho N)) before the caps of Qwen2.5-VL, which keeps fewer; it is not
/// <see cref="TopK.RetainedCount"/>. A merged token keeps its anchor's position. Ties go to the lower index.
/// </remarks>
/// <param name="variant">Which form.</param>
public sealed class FastVidCompressor(FastVidVariant variant) : ITokenCompressor
{
    /// <inheritdoc/>
    public string Name => variant switch
    {
        FastVidVariant.LlavaVideo => "FastVID (LLaVA-Video)",
        FastVidVariant.LlavaOneVision => "FastVID (LLaVA-OneVision)",
        FastVidVariant.VidCom2Port => "FastVID (VidCom2 port)",
        _ => "FastVID",
    };

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The tokens come without the statistics that the variant needs.</exception>
    public KeptTokens Compress(VideoTokens video, double retentionRatio)
    {
        ArgumentNullException.ThrowIfNull(video);
        TopK.ThrowIfNotRetentionRatio(retentionRatio);

        var salience = variant == FastVidVariant.VidCom2Port ? Salience.OfNorms(video) : Salience.Pooled(video, Name);
        return Run(video, salience, variant, FastVidSettings.Of(variant), retentionRatio, DensityNoise.None).ToKept(video);
    }

    /// <param name="video">The tokens.</param>
    /// <param name="salience">One value a token, [T*N].</param>
    /// <param name="variant">Which form.</param>
    /// <param name="settings">Its constants.</param>
    /// <param name="retentionRatio">rho.</param>
    /// <param name="noise">Noise of the densities.</param>
    internal static CompressedSequence Run(
        VideoTokens video, ReadOnlyMemory<float> salience, FastVidVariant variant, FastVidSettings settings, double retentionRatio, DensityNoise noise)
    {
        var sequence = new CompressedSequence();
        if (variant == FastVidVariant.VidCom2Port && retentionRatio >= 1)
        {
            sequence.Keep(0, video.Grid.Count);
            return sequence;
        }

        var similarities = StepSimilarities(video, variant);
        var cuts = Ranking.Lowest(similarities, settings.C - 1).ToHashSet();
        cuts.UnionWith(Enumerable.Range(0, similarities.Length).Where(step => similarities[step] < settings.Tau));
        var first = 0;
        foreach (var last in cuts.Order().Append(similarities.Length))
        {
            var budget = FastVidBudget.Of(variant, settings, video.Grid.TokensPerStep, retentionRatio, similarities.AsSpan(first, last - first));
            new FastVidSegment(video, salience, first, budget, variant == FastVidVariant.LlavaOneVision).Compress(settings.Beta, noise, sequence);
            first = last + 1;
        }

        return sequence;
    }

    /// <summary>Cosine similarity of each step's features to the next step's, [T - 1].</summary>
    private static double[] StepSimilarities(VideoTokens video, FastVidVariant variant)
    {
        var t = video.Grid.TimeSteps;
        var known = variant is FastVidVariant.LlavaVideo or FastVidVariant.LlavaOneVision ? video.Statistics?.StepFeatures ?? default : default;
        var features = new ReadOnlyMemory<float>[t];
        Parallel.For(0, t, step =>
        {
            features[step] = known.IsEmpty ? MeanToken(video, step) : known.Slice(step * (known.Length / t), known.Length / t);
        });
        var similarities = new double[t - 1];
        for (var step = 0; step < similarities.Length; step++)
            similarities[step] = Cosine.Similarity(features[step].Span, features[step + 1].Span);
        return similarities;
    }

    private static float[] MeanToken(VideoTokens video, int step)
    {
        var mean = new MeanVector(video.Dimension);
        for (var i = 0; i < video.Grid.TokensPerStep; i++)
            mean.Add(video.Token(step * video.Grid.TokensPerStep + i));
        return mean.Value();
    }
}
