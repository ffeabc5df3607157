using Microsoft.ML.Data;
using Microsoft.ML.Score.Columns;

namespace Microsoft.ML.Score;

/// <summary>Chooses the tokens to keep by a method without training.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Estimator Characteristics
/// | | |
/// | -- | -- |
/// | Does this estimator need to look at the data to train its parameters? | No |
/// | Input column data type | Features: Vector of <xref:System.Single> of T\*H\*W\*D values (its grid in the type's dimensions, [T, H, W, D] or [T, D, H, W], or in a column of 4 values), or text: the path of a feature file |
/// | Output column data type | Mask: Vector of <xref:System.Boolean> of T\*H\*W values |
/// | Exportable to ONNX | No |
/// ]]></format>
/// </remarks>
public sealed class PruneTokensEstimator : IEstimator<PruneTokensTransformer>
{
    private readonly string _outputColumnName;
    private readonly string _featuresColumnName;
    private readonly TokenPruningMethod _method;
    private readonly PruneTokensOptions _options;

    internal PruneTokensEstimator(string outputColumnName, string featuresColumnName, TokenPruningMethod method, PruneTokensOptions options)
    {
        _outputColumnName = outputColumnName;
        _featuresColumnName = featuresColumnName;
        _method = method;
        _options = options;
    }

    /// <summary>Reads the schema; no data is looked at.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An input column is missing or of another type.</exception>
    public PruneTokensTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);

        var features = FeatureColumns.Resolve(input.Schema, _featuresColumnName, _options.GridColumnName, _options.FeatureOrder);
        var transformer = new PruneTokensTransformer(new(features, _method, _options.RetentionRatio, _options.Seed, _outputColumnName));
        transformer.GetOutputSchema(input.Schema);
        return transformer;
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);

        FeatureColumns.Check(inputSchema, _featuresColumnName, _options.GridColumnName, _options.FeatureOrder);
        var mask = FeatureColumns.PromisedPerTokenType(inputSchema, _featuresColumnName, _options.GridColumnName, BooleanDataViewType.Instance);
        return OutputShape.Append(inputSchema, new DataViewSchema.DetachedColumn(_outputColumnName, mask));
    }
}
