using Microsoft.ML.Score.Columns;

namespace Microsoft.ML.Score;

/// <summary>Gathers the vectors of the tokens that a mask keeps, with their original positions.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Estimator Characteristics
/// | | |
/// | -- | -- |
/// | Does this estimator need to look at the data to train its parameters? | No |
/// | Input column data type | Features: Vector of <xref:System.Single> of T\*H\*W\*D values (its grid in the type's dimensions, [T, H, W, D] or [T, D, H, W], or in a column of 4 values), or text: the path of a feature file. Mask: Vector of <xref:System.Boolean> of T\*H\*W values |
/// | Output column data type | Tokens: Vector of <xref:System.Single> of k\*D values, [k, D]. Positions: Vector of <xref:System.Int32> of k flat grid indices, ascending. Where the features themselves give the grid, grid: Vector of <xref:System.Single> of 4 = (T, H, W, seconds per step). On request pooled: Vector of <xref:System.Single> of D values, of known size |
/// | Exportable to ONNX | No |
/// ]]></format>
/// </remarks>
public sealed class GatherTokensEstimator : IEstimator<GatherTokensTransformer>
{
    private readonly string _outputColumnName;
    private readonly string _featuresColumnName;
    private readonly string _maskColumnName;
    private readonly GatherTokensOptions _options;

    internal GatherTokensEstimator(string outputColumnName, string featuresColumnName, string maskColumnName, GatherTokensOptions options)
    {
        _outputColumnName = outputColumnName;
        _featuresColumnName = featuresColumnName;
        _maskColumnName = maskColumnName;
        _options = options;
    }

    /// <summary>Reads the schema; no data is looked at.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// An input column is missing or of another type, or D of the pooled column is told neither by the features' type nor by the options.
    /// </exception>
    public GatherTokensTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);

        var features = FeatureColumns.Resolve(input.Schema, _featuresColumnName, _options.GridColumnName, _options.FeatureOrder);
        var output = KeptOutput.Over(features, _outputColumnName, _options.PositionsColumnName, _options.GridColumnName) with
        {
            Pooled = _options.PooledColumnName,
            PooledDimension = _options.PooledColumnName is null ? 0 : PooledDimension(features),
        };
        var transformer = new GatherTokensTransformer(new(new MaskedFeatures(features, _maskColumnName), output));
        transformer.GetOutputSchema(input.Schema);
        return transformer;
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);

        MaskedFeatures.Check(inputSchema, _featuresColumnName, _maskColumnName, _options.GridColumnName, _options.FeatureOrder);
        var added = KeptOutput.Promise(inputSchema, _featuresColumnName, _outputColumnName, _options.PositionsColumnName, _options.GridColumnName);
        return OutputShape.Append(inputSchema, _options.PooledColumnName is { } pooled ? [.. added, new(pooled, KeptOutput.PooledType(1))] : added);
    }

    private int PooledDimension(FeatureColumns features)
    {
        var dimension = _options.PooledDimension ?? features.Dimension;
        return dimension is > 0 and <= GatherTokensOptions.MaxPooledDimension
            ? dimension
            : throw new ArgumentOutOfRangeException(
                "inputSchema",
                $"The pooled column '{_options.PooledColumnName}' needs D of the features column '{_featuresColumnName}' in 1..{GatherTokensOptions.MaxPooledDimension}, "
                + (dimension == 0 ? "which its type does not tell: " : $"its type tells {dimension}: ")
                + $"set {nameof(GatherTokensOptions)}.{nameof(GatherTokensOptions.PooledDimension)}, or give the column the dimensions [T, H, W, D].");
    }
}
