using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>
/// A control that ignores what is in a step: m = max(1, floor(rho*T)) whole time steps at equal distances, the middle one of each of m
/// equal stretches. Within the budget of rho*T*N, except where that is less than one step.
/// </summary>
public sealed class FrameDropCompressor : TokenPruner
{
    /// <inheritdoc/>
    public override string Name => "frame drop";

    /// <inheritdoc/>
    public override int[] Select(VideoTokens video, double retentionRatio)
    {
        ArgumentNullException.ThrowIfNull(video);

        var (t, n) = (video.Grid.TimeSteps, video.Grid.TokensPerStep);
        var steps = TopK.RetainedCount(retentionRatio, t);
        var kept = new int[steps * n];
        for (var i = 0; i < kept.Length; i++)
        {
            var step = (int)((2L * (i / n) + 1) * t / (2L * steps));
            kept[i] = step * n + i % n;
        }

        return kept;
    }
}
