namespace Microsoft.ML.Score.Models;

/// <summary>How a frozen model is loaded.</summary>
public sealed class VideoModelOptions
{
    /// <summary>The kernels that the model runs on: "simd" (vectors and threads of this machine) or "scalar" (the slow reference). Default "simd".</summary>
    public string Backend { get; init; } = "simd";
}
