using System.Runtime.InteropServices;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Reports;

/// <summary>What one compressor keeps of a video: by a score for each token, from which any retention ratio follows, or as masks at ratios. Immutable.</summary>
/// <example><code>
/// TokenSelection score = TokenSelection.OfScores("SCORE", policy.Logits(video));
/// TokenSelection rival = TokenSelection.OfMasks("VidCom2", [(0.10, CompressionMethod.VidCom2.Create().Compress(video, 0.10).ToMask())]);
/// </code></example>
public sealed class TokenSelection
{
    private readonly (double Ratio, bool[] Mask)[] _masks;

    private TokenSelection(string name, float[]? scores, (double Ratio, bool[] Mask)[] masks, int tokenCount)
    {
        Name = name;
        Scores = scores;
        _masks = masks;
        TokenCount = tokenCount;
    }

    /// <summary>What the report calls it, for example "SCORE".</summary>
    public string Name { get; }

    /// <summary>Tokens of the video, T*N.</summary>
    public int TokenCount { get; }

    /// <summary>Whether each token has a score, so that the report can show any retention ratio.</summary>
    public bool HasScores => Scores is not null;

    internal float[]? Scores { get; }

    internal IReadOnlyList<(double Ratio, bool[] Mask)> Masks => _masks;

    /// <summary>The selection of scores, the logits or the keep probabilities of a policy: <see cref="TopK"/> of them.</summary>
    /// <param name="name">What the report calls it.</param>
    /// <param name="scores">One a token, [T*N], in the order of the grid; not NaN. Copied.</param>
    /// <exception cref="ArgumentException">The name is empty, there is no score, or one is NaN.</exception>
    public static TokenSelection OfScores(string name, ReadOnlySpan<float> scores)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (scores.IsEmpty)
            throw new ArgumentException($"The selection '{name}' needs a score for each token, got none.", nameof(scores));
        for (var i = 0; i < scores.Length; i++)
            if (float.IsNaN(scores[i]))
                throw new ArgumentException($"In the selection '{name}' the score of token {i} is NaN.", nameof(scores));

        return new TokenSelection(name, scores.ToArray(), [], scores.Length);
    }

    /// <summary>The selection of a compressor without scores, at some ratios.</summary>
    /// <param name="name">What the report calls it.</param>
    /// <param name="masks">At least one: a retention ratio in (0, 1], and which of the T*N tokens are kept at it. The masks are copied.</param>
    /// <exception cref="ArgumentException">The name is empty, there is no mask, a ratio is outside (0, 1] or repeats, or masks differ in length or are empty.</exception>
    public static TokenSelection OfMasks(string name, IEnumerable<(double RetentionRatio, bool[] Mask)> masks)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(masks);
        (double Ratio, bool[] Mask)[] copies = [.. masks.Select(one => (one.RetentionRatio, (bool[])one.Mask.Clone())).OrderBy(one => one.RetentionRatio)];
        if (copies.Length == 0 || copies[0].Mask.Length == 0)
            throw new ArgumentException($"The selection '{name}' needs a mask of at least one token, got none.", nameof(masks));
        for (var i = 0; i < copies.Length; i++)
        {
            var (ratio, mask) = copies[i];
            if (!(ratio > 0) || ratio > 1 || (i > 0 && ratio.Equals(copies[i - 1].Ratio)))
                throw new ArgumentException($"In the selection '{name}' each mask needs a retention ratio of its own in (0, 1], got {ratio}.", nameof(masks));
            if (mask.Length != copies[0].Mask.Length)
                throw new ArgumentException($"In the selection '{name}' the masks have {copies[0].Mask.Length} and {mask.Length} tokens; all must be of one video.", nameof(masks));
        }

        return new TokenSelection(name, null, copies, copies[0].Mask.Length);
    }

    /// <summary>Which tokens are kept at a ratio; without scores those of the mask at the nearest one, of two as near the lower.</summary>
    /// <param name="retentionRatio">rho in (0, 1].</param>
    /// <exception cref="ArgumentOutOfRangeException">rho is outside (0, 1].</exception>
    public bool[] MaskAt(double retentionRatio)
    {
        var count = TopK.RetainedCount(retentionRatio, TokenCount);
        if (Scores is null)
            return (bool[])_masks.MinBy(one => Math.Abs(one.Ratio - retentionRatio)).Mask.Clone();

        var mask = new bool[TokenCount];
        foreach (var index in TopK.Select(Scores, count))
            mask[index] = true;
        return mask;
    }

    /// <summary>What the page's script reads: little-endian single-precision scores, or masks of a bit a token, the lowest first.</summary>
    internal object ToData() => new
    {
        name = Name,
        scores = Scores is null ? null : Convert.ToBase64String(MemoryMarshal.AsBytes<float>(Scores)),
        masks = _masks.Select(one => new { ratio = one.Ratio, bits = Convert.ToBase64String(Pack(one.Mask)) }),
    };

    private static byte[] Pack(bool[] mask)
    {
        var bytes = new byte[(mask.Length + 7) / 8];
        for (var i = 0; i < mask.Length; i++)
            if (mask[i])
                bytes[i / 8] |= (byte)(1 << (i % 8));
        return bytes;
    }
}
