using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>
/// SCORE at inference (paper section 4.5): the k = max(1, floor(rho*T*N)) tokens with the highest keep probability over the whole
/// video, at their original positions. Ranked by logit, which orders like the probability and does not tie where that rounds to 1.
/// </summary>
public sealed class ScoreCompressor : TokenPruner
{
    private readonly PolicyNetwork _policy;
    private readonly bool _acceptOtherEncoders;

    /// <param name="policy">The trained policy.</param>
    /// <param name="acceptOtherEncoders">
    /// Score the tokens of an encoder that the policy was not trained on, as long as their dimension fits. Default false: refuse them.
    /// </param>
    /// <param name="name">The name in tables.</param>
    public ScoreCompressor(PolicyNetwork policy, bool acceptOtherEncoders = false, string name = "SCORE")
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentException.ThrowIfNullOrEmpty(name);

        _policy = policy;
        _acceptOtherEncoders = acceptOtherEncoders;
        Name = name;
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The tokens have another dimension, come from another encoder, or a value is not finite.</exception>
    /// <exception cref="InvalidDataException">The policy's weights or the tokens are so large that a logit is not finite.</exception>
    public override int[] Select(VideoTokens video, double retentionRatio)
    {
        ArgumentNullException.ThrowIfNull(video);
        TopK.ThrowIfNotRetentionRatio(retentionRatio);
        ThrowIfOtherEncoder(video.EncoderFingerprint);

        return Select(_policy.Logits(video), retentionRatio);
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
        ThrowIfOtherEncoder(video.EncoderFingerprint);
        return video.Gather(Select(_policy.Logits(video), retentionRatio));
    }

    internal static int[] Select(float[] logits, double retentionRatio) => TopK.Select(logits, TopK.RetainedCount(retentionRatio, logits.Length));

    /// <summary>Refuses tokens of an encoder that the policy is not for; an unknown fingerprint on either side passes.</summary>
    private void ThrowIfOtherEncoder(string? fingerprint)
    {
        if (!_acceptOtherEncoders && _policy.EncoderFingerprint is { } expected && fingerprint is { } actual && expected != actual)
            throw new ArgumentException($"The policy was trained on tokens of encoder {Excerpt.Of(expected)}, got tokens of encoder {Excerpt.Of(actual)}.", "video");
    }
}
