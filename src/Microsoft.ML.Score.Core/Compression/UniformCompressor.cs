using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>
/// A control: k tokens at equal distances along the flat index, the middle one of each of k equal stretches. Where the stride
/// and the grid's width share a factor it sees few columns only; <see cref="JitteredUniformCompressor"/> does not.
/// </summary>
public sealed class UniformCompressor : TokenPruner
{
    /// <inheritdoc/>
    public override string Name => "uniform";

    /// <inheritdoc/>
    public override int[] Select(VideoTokens video, double retentionRatio)
    {
        ArgumentNullException.ThrowIfNull(video);

        long total = video.Grid.Count;
        var kept = new int[TopK.RetainedCount(retentionRatio, video.Grid.Count)];
        for (var i = 0; i < kept.Length; i++)
            kept[i] = (int)((2L * i + 1) * total / (2L * kept.Length));
        return kept;
    }
}
