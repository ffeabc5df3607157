namespace Microsoft.ML.Score;

/// <summary>Options of <c>GatherTokens</c>.</summary>
public sealed class GatherTokensOptions
{
    /// <summary>Name of the column of kept positions. Default null: the output column's name with "Positions" after it.</summary>
    public string? PositionsColumnName { get; init; }

    /// <summary>Name of the grid column: read where the features column does not itself give the grid, added where it does. Default "Grid".</summary>
    public string GridColumnName { get; init; } = "Grid";

    /// <summary>
    /// The order of the values in a vector column of features: <see cref="FeatureOrder.ChannelsLast"/> is [T, H, W, D],
    /// <see cref="FeatureOrder.ChannelsFirst"/> is [T, D, H, W], as image models in ONNX give them. Default null: channels last, but a column
    /// whose dimensions look like channels first is refused until this says which. Feature files and what
    /// <c>EncodeVideo</c> gives are always channels last.
    /// </summary>
    public FeatureOrder? FeatureOrder { get; init; }
}
