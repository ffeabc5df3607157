using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>
/// SCORE at inference (paper section 4.5): the k = max(1, floor(rho*T*N)) tokens with the highest keep probability over the whole
/// video, at their original positions. Ranked by logit, which orders like the probability and does not tie where that rounds to 1.
/// </summary>
public sealed class ScoreCompressor : ITokenCompressor
{
    private readonly PolicyNetwork _policy;
    private readonly EncoderIdentity _encoder;

    /// <param name="policy">The trained policy.</param>
    /// <param name="acceptOtherEncoders">
    /// Score the tokens of an encoder that the policy was not trained on, as long as their dimension fits. Default false: refuse them.
    /// </param>
    /// <param name="name">The name in tables. Default null: that of <see cref="CompressionMethod.Score"/>.</param>
    public ScoreCompressor(PolicyNetwork policy, bool acceptOtherEncoders = false, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(policy);
        if (name is not null)
            ArgumentException.ThrowIfNullOrEmpty(name);

        _policy = policy;
        _encoder = new EncoderIdentity("the policy", policy.Dimension, acceptOtherEncoders ? null : policy.EncoderFingerprint);
        Name = name ?? CompressionMethod.Score.Name;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The tokens have another dimension, come from another encoder, or a value is not finite.</exception>
    /// <exception cref="InvalidDataException">The policy's weights or the tokens are so large that a logit is not finite.</exception>
    public KeptTokens Compress(VideoTokens video, double retentionRatio)
    {
        ArgumentNullException.ThrowIfNull(video);
        TopK.ThrowIfNotRetentionRatio(retentionRatio);
        ThrowIfUnfit(video.Dimension, video.EncoderFingerprint);

        using var measured = CompressorCalls.Measured.Start(Name);
        var kept = KeptTokens.Gather(video, _policy.SelectTopK(video, TopK.RetainedCount(retentionRatio, video.Grid.Count)));
        measured.Done(kept.Count);
        return kept;
    }

    /// <summary>
    /// Compresses the video of a feature file. The file is mapped and its features are read once, in the type they are stored in: whatever
    /// its size, only the kept tokens take memory.
    /// </summary>
    /// <param name="featureFile">A file as <see cref="FeatureFile"/> describes it.</param>
    /// <param name="retentionRatio">rho in (0, 1].</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is damaged, or holds a value that is not finite; or the policy's weights or the tokens are so large that a logit is not finite.
    /// </exception>
    /// <exception cref="ArgumentException">The tokens have another dimension, or come from another encoder.</exception>
    public KeptTokens Compress(string featureFile, double retentionRatio)
    {
        ArgumentException.ThrowIfNullOrEmpty(featureFile);
        TopK.ThrowIfNotRetentionRatio(retentionRatio);

        using var video = MappedTokens.Open(featureFile);
        return Compress(video, retentionRatio);
    }

    internal KeptTokens Compress(MappedTokens video, double retentionRatio)
    {
        ThrowIfUnfit(video.Dimension, video.EncoderFingerprint);
        using var measured = CompressorCalls.Measured.Start(Name);
        var kept = video.Gather(Select(_policy.Logits(video), retentionRatio));
        measured.Done(kept.Count);
        return kept;
    }

    internal static int[] Select(float[] logits, double retentionRatio) => TopK.Select(logits, TopK.RetainedCount(retentionRatio, logits.Length));

    private void ThrowIfUnfit(int dimension, string? fingerprint)
    {
        if (_encoder.Refuses(dimension, fingerprint) is { } reason)
            throw new ArgumentException(reason, "video");
    }
}
