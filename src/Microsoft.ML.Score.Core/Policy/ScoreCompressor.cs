using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Policy;

/// <summary>
/// SCORE at inference (paper section 4.5): the k = max(1, floor(rho*T*N)) tokens with the highest keep probability over the whole
/// video, at their original positions. Ranked by logit, which orders like the probability and does not tie where that rounds to 1.
/// </summary>
public sealed class ScoreCompressor : ITokenCompressor
{
    private readonly PolicyNetwork _policy;
    private readonly bool _acceptOtherEncoders;

    /// <param name="policy">The trained policy.</param>
    /// <param name="acceptOtherEncoders">Score the tokens of an encoder that the policy was not trained on, as long as their dimension fits. Default false: refuse them.</param>
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
    public string Name { get; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The tokens have another dimension, come from another encoder, or hold NaN.</exception>
    public KeptTokens Compress(VideoTokens video, double retentionRatio)
    {
        ArgumentNullException.ThrowIfNull(video);
        TopK.ThrowIfNotRetentionRatio(retentionRatio);
        if (!_acceptOtherEncoders)
            ThrowIfOtherEncoder(_policy, video);

        return KeptTokens.Gather(video, TopK.Select(_policy.Logits(video), TopK.RetainedCount(retentionRatio, video.Grid.Count)));
    }

    /// <summary>Refuses tokens of an encoder that the policy is not for; an unknown fingerprint on either side passes.</summary>
    internal static void ThrowIfOtherEncoder(PolicyNetwork policy, VideoTokens video)
    {
        if (policy.EncoderFingerprint is { } expected && video.EncoderFingerprint is { } actual && expected != actual)
            throw new ArgumentException($"The policy was trained on tokens of encoder {expected}, got tokens of encoder {actual}.", nameof(video));
    }
}
