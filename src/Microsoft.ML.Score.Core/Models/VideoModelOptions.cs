namespace Microsoft.ML.Score.Models;

/// <summary>How a frozen model is loaded.</summary>
public sealed class VideoModelOptions
{
    /// <summary>The kernels that the model runs on: "simd" (vectors and threads of this machine) or "scalar" (the slow reference). Default "simd".</summary>
    public string Backend { get; init; } = "simd";

    /// <summary>How Qwen2.5-VL's temporal positions follow from the seconds of a time step; other models ignore it. Default <see cref="TemporalPositionRule.TruncateAfter"/>.</summary>
    public TemporalPositionRule TemporalPositions { get; init; } = TemporalPositionRule.TruncateAfter;
}
