namespace Microsoft.ML.Score;

/// <summary>Options of <c>PruneTokens</c>.</summary>
public sealed class PruneTokensOptions : TokenCompressionOptions
{
    /// <summary>Seed of the random controls; the other methods ignore it. Default 0.</summary>
    public long Seed { get; init; }
}
