using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>
/// A control: k tokens at equal distances along the flat index, the middle one of each of k equal stretches. Where the stride
/// and the grid's width share a factor it sees few columns only; <see cref="JitteredUniformCompressor"/> does not.
/// </summary>
public sealed class UniformCompressor : ITokenCompressor
{
    /// <inheritdoc/>
    public string Name => "uniform";

    /// <inheritdoc/>
    public KeptTokens Compress(VideoTokens video, double retentionRatio)
    {
        ArgumentNullException.ThrowIfNull(video);

        long total = video.Grid.Count;
        var kept = new int[TopK.RetainedCount(retentionRatio, video.Grid.Count)];
        for (var i = 0; i < kept.Length; i++)
            kept[i] = (int)((2L * i + 1) * total / (2L * kept.Length));
        return KeptTokens.Gather(video, kept);
    }
}
