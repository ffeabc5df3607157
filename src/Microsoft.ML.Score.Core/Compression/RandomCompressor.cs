using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>
/// The plainest control: k of the T*N tokens, every set of k equally likely (selection sampling, Knuth volume 2, algorithm S).
/// The choice depends on the video's content and the seed alone.
/// </summary>
/// <param name="seed">Another seed gives another choice.</param>
public sealed class RandomCompressor(long seed) : TokenPruner
{
    /// <inheritdoc/>
    public override string Name => "random";

    /// <inheritdoc/>
    public override int[] Select(VideoTokens video, double retentionRatio)
    {
        ArgumentNullException.ThrowIfNull(video);

        var total = video.Grid.Count;
        var random = VideoRandom.For(video, seed);
        var kept = new int[TopK.RetainedCount(retentionRatio, total)];
        var k = 0;
        for (var i = 0; k < kept.Length; i++)
            if (random.Below(i, total - i) < kept.Length - k)
                kept[k++] = i;
        return kept;
    }
}
