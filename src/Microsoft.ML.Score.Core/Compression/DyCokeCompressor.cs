using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>The forms of DyCoke that published numbers come from.</summary>
internal enum DyCokeVariant
{
    /// <summary>As the paper counts: in every complete group of four steps three are pruned, so 25% is the least.</summary>
    PaperBound,

    /// <summary>As the official code (KD-TAO/DyCoke at dd74634) runs: the third step of the last complete group stays whole.</summary>
    Official,

    /// <summary>As ported to Qwen models in VidCom2's repository (branch qwen at a85d485): the official loop with a pruning rate of 1 - rho, so 25% keeps about 48%.</summary>
    VidCom2Port,
}

/// <summary>
/// DyCoke, its temporal stage (CVPR 2025): every second step, and of each four steps the third, keep only the tokens least
/// similar (cosine) to the same place of the step before, or two before. A pruner; it needs nothing but the vectors.
/// </summary>
/// <remarks>
/// The pruning rate follows from the ratio: rho = (1 + 3 (1 - K)) / 4. Below 25% K stays 1, and more than rho is kept; the counts
/// are those of the method, not <see cref="TopK.RetainedCount"/>. As in the original, the last of an odd number of steps is
/// dropped. One step is kept whole, and fewer than five steps run without the second stage, where the official code fails.
/// Ties go to the lower index.
/// </remarks>
/// <param name="variant">Which form. Default <see cref="DyCokeVariant.PaperBound"/>.</param>
internal sealed class DyCokeCompressor(DyCokeVariant variant = DyCokeVariant.PaperBound) : TokenPruner
{
    /// <inheritdoc/>
    public override string Name => (variant switch
    {
        DyCokeVariant.Official => CompressionMethod.DyCokeOfficial,
        DyCokeVariant.VidCom2Port => CompressionMethod.DyCokePort,
        _ => CompressionMethod.DyCoke,
    }).Name;

    /// <inheritdoc/>
    public override int[] Select(VideoTokens video, double retentionRatio)
    {
        ArgumentNullException.ThrowIfNull(video);
        TopK.ThrowIfNotRetentionRatio(retentionRatio);

        int[] kept = [.. Run(video, PruningRate(retentionRatio), variant).Indices];
        Array.Sort(kept);
        return kept;
    }

    /// <param name="video">The tokens.</param>
    /// <param name="pruningRate">K, the share of tokens that pruned steps lose.</param>
    /// <param name="variant">Decides which groups of four are complete.</param>
    internal static CompressedSequence Run(VideoTokens video, double pruningRate, DyCokeVariant variant)
    {
        var (t, n) = (video.Grid.TimeSteps, video.Grid.TokensPerStep);
        var sequence = new CompressedSequence();
        if (t == 1)
        {
            sequence.Keep(0, n);
            return sequence;
        }

        var keptInPruned = (int)Math.Floor((1 - pruningRate) * n);
        var lastThird = t - (variant == DyCokeVariant.PaperBound ? 3 : 4);
        var kept = new int[]?[t];
        Parallel.For(0, t, step =>
        {
            var distance = step % 2 == 1 ? 1 : step % 4 == 2 && step - 2 < lastThird ? 2 : 0;
            if (distance > 0)
                kept[step] = Ranking.Lowest(Cosine.OfSteps(video, step, step - distance), keptInPruned);
        });
        for (var step = 0; step < t / 2 * 2; step++)
            if (kept[step] is { } places)
                Array.ForEach(places, place => sequence.Keep(step * n + place));
            else
                sequence.Keep(step * n, n);
        return sequence;
    }

    // Rounded, because authors write K = 0.8 for 40%, and floor((1 - K) N) differs for a K one bit away.
    private double PruningRate(double retentionRatio) => variant == DyCokeVariant.VidCom2Port
        ? 1 - retentionRatio
        : Math.Clamp(Math.Round(1 - (4 * retentionRatio - 1) / 3, 12), 0, 1);
}
