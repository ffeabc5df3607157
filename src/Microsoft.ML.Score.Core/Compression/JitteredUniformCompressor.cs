using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>
/// A control stronger than <see cref="RandomCompressor"/>: the flat index is cut into k stretches whose lengths differ by at
/// most one, and one token of each is drawn at random (stratified sampling). The choice depends on the video's content and
/// the seed alone.
/// </summary>
/// <param name="seed">Another seed gives another choice.</param>
public sealed class JitteredUniformCompressor(long seed) : TokenPruner
{
    /// <inheritdoc/>
    public override string Name => "jittered uniform";

    /// <inheritdoc/>
    public override int[] Select(VideoTokens video, double retentionRatio)
    {
        ArgumentNullException.ThrowIfNull(video);

        long total = video.Grid.Count;
        var random = VideoRandom.For(video, seed);
        var kept = new int[TopK.RetainedCount(retentionRatio, video.Grid.Count)];
        for (var i = 0; i < kept.Length; i++)
        {
            var from = (int)(i * total / kept.Length);
            var to = (int)((i + 1) * total / kept.Length);
            kept[i] = from + random.Below(i, to - from);
        }

        return kept;
    }
}
