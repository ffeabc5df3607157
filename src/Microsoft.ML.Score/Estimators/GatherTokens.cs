using Microsoft.ML.Score.Columns;
using Microsoft.ML.Score.Saving;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score;

/// <summary>Gathers the vectors of the tokens that a mask keeps, with their original positions.</summary>
internal sealed class GatherTokensEstimator : IEstimator<GatherTokensTransformer>
{
    private readonly string _outputColumnName;
    private readonly string _featuresColumnName;
    private readonly string _maskColumnName;
    private readonly GatherTokensOptions _options;

    public GatherTokensEstimator(string outputColumnName, string featuresColumnName, string maskColumnName, GatherTokensOptions options)
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
        return dimension is > 0 and <= KeptOutput.MaxPooledDimension
            ? dimension
            : throw new ArgumentOutOfRangeException(
                "inputSchema",
                $"The pooled column '{_options.PooledColumnName}' needs D of the features column '{_featuresColumnName}' in 1..{KeptOutput.MaxPooledDimension}, "
                + (dimension == 0 ? "which its type does not tell: " : $"its type tells {dimension}: ")
                + $"set {nameof(GatherTokensOptions)}.{nameof(GatherTokensOptions.PooledDimension)}, or give the column the dimensions [T, H, W, D].");
    }
}

/// <summary>Options of <c>GatherTokens</c>.</summary>
public sealed class GatherTokensOptions
{
    /// <summary>Name of the column of kept positions. Default null: the output column's name with "Positions" after it.</summary>
    public string? PositionsColumnName { get; init; }

    /// <summary>Name of the grid column: read where the features column does not itself give the grid, added where it does. Default "Grid".</summary>
    public string GridColumnName { get; init; } = "Grid";

    /// <inheritdoc cref="TokenCompressionOptions.FeatureOrder"/>
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

    internal void ThrowIfFaulty(string parameterName) => new OptionFaults(nameof(GatherTokensOptions))
        .RequireName(GridColumnName)
        .RequireNameOrNull(PositionsColumnName)
        .Require(FeatureOrder is not { } order || Enum.IsDefined(order), FeatureOrder, $"be null, {Score.FeatureOrder.ChannelsLast} or {Score.FeatureOrder.ChannelsFirst}")
        .RequireNameOrNull(PooledColumnName)
        .Require(PooledDimension is null or (>= 1 and <= KeptOutput.MaxPooledDimension), PooledDimension, $"lie in 1..{KeptOutput.MaxPooledDimension}")
        .Require(PooledDimension is null || PooledColumnName is not null, $"{nameof(PooledDimension)} is given without {nameof(PooledColumnName)}")
        .ThrowIfAny(parameterName);
}

/// <summary>Adds the vectors and positions of the tokens that a mask keeps; made by <see cref="GatherTokensEstimator"/>.</summary>
internal sealed class GatherTokensTransformer : VideoTransformer
{
    internal const string Kind = "GatherTokens";

    private readonly GatherTokensSettings _settings;

    private readonly EncoderIdentity _encoder;

    public GatherTokensTransformer(GatherTokensSettings settings)
    {
        _settings = settings;
        _encoder = settings.Output.Pooled is { } pooled ? new EncoderIdentity($"the pooled column '{pooled}'", settings.Output.PooledDimension, null) : EncoderIdentity.Any;
    }

    internal override IEnumerable<DataViewSchema.DetachedColumn> FittedColumns => _settings.Kept.Detach();

    internal override string? OutputOfKnownSize => _settings.Output.Pooled;

    internal override SavedTransformer ToSaved() => SavedTransformer.Create(Kind, _settings);

    private protected override RowMapping Map(DataViewSchema inputSchema) => new RowMapping<KeptTokens>(
        inputSchema,
        _settings.Kept.Bind(inputSchema, _encoder),
        _settings.Output.Columns(_settings.Kept.Features),
        row => _settings.Kept.Reader(row, _encoder));
}

/// <summary>What <see cref="GatherTokensTransformer"/> is made of and saved as.</summary>
internal sealed record GatherTokensSettings(MaskedFeatures Kept, KeptOutput Output) : ISavedSettings
{
    public OptionFaults Faults() => new OptionFaults(GatherTokensTransformer.Kind).Include(Kept.Faults(), nameof(Kept)).Include(Output.Faults(), nameof(Output));
}
