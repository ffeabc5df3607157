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

    /// <summary>
    /// Name of an extra output column with the mean of the kept vectors, a Vector of <see cref="float"/> of D values. Its size is known, which
    /// ML.NET's trainers and normalizers ask for. Default null: none.
    /// </summary>
    /// <example>
    /// <code>
    /// ml.Transforms.GatherTokens("Kept", "Features", "Mask", new GatherTokensOptions { PooledColumnName = "Pooled" })
    ///     .Append(ml.BinaryClassification.Trainers.SdcaLogisticRegression(featureColumnName: "Pooled"))
    /// </code>
    /// </example>
    public string? PooledColumnName { get; init; }

    /// <summary>
    /// D of the pooled column, 1 to 65,535: needed where the features column's type does not tell it, as with feature files. A row of another D is an
    /// error. Default null: D of the type.
    /// </summary>
    public int? PooledDimension { get; init; }

    /// <summary>Reports all faults at once.</summary>
    internal void ThrowIfFaulty(string parameterName)
    {
        var faults = new List<string>();
        if (string.IsNullOrEmpty(GridColumnName))
            faults.Add($"{nameof(GridColumnName)} must not be empty");
        if (PositionsColumnName == "")
            faults.Add($"{nameof(PositionsColumnName)} must be null or a name, got an empty string");
        if (FeatureOrder is { } order && !Enum.IsDefined(order))
            faults.Add($"{nameof(FeatureOrder)} must be null, {Score.FeatureOrder.ChannelsLast} or {Score.FeatureOrder.ChannelsFirst}, got {order}");
        if (PooledColumnName == "")
            faults.Add($"{nameof(PooledColumnName)} must be null or a name, got an empty string");
        if (PooledDimension is < 1 or > MaxPooledDimension)
            faults.Add($"{nameof(PooledDimension)} must lie in 1..{MaxPooledDimension}, got {PooledDimension}");
        if (PooledDimension is not null && PooledColumnName is null)
            faults.Add($"{nameof(PooledDimension)} is given without {nameof(PooledColumnName)}");
        if (faults.Count > 0)
            throw new ArgumentException($"Invalid {nameof(GatherTokensOptions)}: {string.Join("; ", faults)}.", parameterName);
    }

    /// <summary>What the saved form of a vector of known size can hold.</summary>
    internal const int MaxPooledDimension = ushort.MaxValue;
}
