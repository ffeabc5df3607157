using Microsoft.ML.Score.Columns;

namespace Microsoft.ML.Score;

/// <summary>Merges the tokens of a video into fewer by a method without training.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Estimator Characteristics
/// | | |
/// | -- | -- |
/// | Does this estimator need to look at the data to train its parameters? | No |
/// | Input column data type | Features: Vector of <xref:System.Single> of T\*H\*W\*D values (its grid in the type's dimensions, [T, H, W, D] or [T, D, H, W], or in a column of 4 values), or text: the path of a feature file. Optional salience: Vector of <xref:System.Single> of T\*H\*W values |
/// | Output column data type | Tokens: Vector of <xref:System.Single> of k\*D values, [k, D]. Positions: Vector of <xref:System.Int32> of k flat grid indices, ascending. Where the features themselves give the grid, grid: Vector of <xref:System.Single> of 4 = (T, H, W, seconds per step) |
/// | Exportable to ONNX | No |
/// ]]></format>
///
/// Methods that choose by the encoder's attention take it from feature files that <c>EncodeVideo</c> wrote with a model loaded with
/// <see cref="Models.VideoModelOptions.EncoderStatistics"/>, or from a column of saliences; with the latter steps are compared by their mean tokens.
/// </remarks>
public sealed class MergeTokensEstimator : IEstimator<MergeTokensTransformer>
{
    private readonly string _outputColumnName;
    private readonly string _featuresColumnName;
    private readonly TokenMergingMethod _method;
    private readonly MergeTokensOptions _options;

    internal MergeTokensEstimator(string outputColumnName, string featuresColumnName, TokenMergingMethod method, MergeTokensOptions options)
    {
        _outputColumnName = outputColumnName;
        _featuresColumnName = featuresColumnName;
        _method = method;
        _options = options;
    }

    /// <summary>Reads the schema; no data is looked at.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// An input column is missing, of another type, or without the attention that the method chooses by.
    /// </exception>
    public MergeTokensTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);

        var features = FeatureColumns.Resolve(input.Schema, _featuresColumnName, _options.GridColumnName, _options.FeatureOrder);
        ThrowIfWithoutSalience(nameof(input), features.ByPath);
        var output = KeptOutput.Over(features, _outputColumnName, _options.PositionsColumnName, _options.GridColumnName);
        var transformer = new MergeTokensTransformer(new(features, _options.SalienceColumnName, _method, _options.RetentionRatio, output));
        transformer.GetOutputSchema(input.Schema);
        return transformer;
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);

        FeatureColumns.Check(inputSchema, _featuresColumnName, _options.GridColumnName, _options.FeatureOrder);
        ThrowIfWithoutSalience(nameof(inputSchema), ColumnKind.Text.Fits(InputColumns.Find(inputSchema, _featuresColumnName, ColumnKind.Singles, ColumnKind.Text)));
        if (_options.SalienceColumnName is { } salience)
            InputColumns.Find(inputSchema, salience, ColumnKind.Singles);
        return OutputShape.Append(inputSchema, KeptOutput.Promise(inputSchema, _featuresColumnName, _outputColumnName, _options.PositionsColumnName, _options.GridColumnName));
    }

    private void ThrowIfWithoutSalience(string parameterName, bool byPath)
    {
        if (!byPath && _options.SalienceColumnName is null && _method.NeedsSalience())
            throw new ArgumentOutOfRangeException(
                parameterName,
                $"{_method} chooses by the encoder's attention, which the vector column '{_featuresColumnName}' does not carry: name a column of saliences in "
                + $"{nameof(MergeTokensOptions)}.{nameof(MergeTokensOptions.SalienceColumnName)}, or let EncodeVideo write feature files with a model loaded with EncoderStatistics.");
    }
}
