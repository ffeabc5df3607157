namespace Microsoft.ML.Score.Models;

/// <summary>Limits of one generated answer.</summary>
public sealed class GenerationOptions
{
    /// <summary>Most tokens to generate, at least 1. Default 64.</summary>
    public int MaxNewTokens { get; init; } = 64;
}
