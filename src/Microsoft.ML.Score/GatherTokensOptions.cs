namespace Microsoft.ML.Score;

/// <summary>Options of <c>GatherTokens</c>.</summary>
public sealed class GatherTokensOptions
{
    /// <summary>Name of the column of kept positions. Default null: the output column's name with "Positions" after it.</summary>
    public string? PositionsColumnName { get; init; }

    /// <summary>Name of the grid column: read where the features column does not itself give the grid, added where it does. Default "Grid".</summary>
    public string GridColumnName { get; init; } = "Grid";
}
