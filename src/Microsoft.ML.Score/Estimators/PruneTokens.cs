using Microsoft.ML.Data;
using Microsoft.ML.Score.Columns;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Saving;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score;

/// <summary>Chooses the tokens to keep by a method without training.</summary>
internal sealed class PruneTokensEstimator : IEstimator<PruneTokensTransformer>
{
    private readonly string _outputColumnName;
    private readonly string _featuresColumnName;
    private readonly CompressionMethod _method;
    private readonly PruneTokensOptions _options;

    public PruneTokensEstimator(string outputColumnName, string featuresColumnName, CompressionMethod method, PruneTokensOptions options)
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

/// <summary>Options of <c>PruneTokens</c>.</summary>
public sealed class PruneTokensOptions : TokenCompressionOptions
{
    /// <summary>Seed of the random controls; the other methods ignore it. Default 0.</summary>
    public long Seed { get; init; }
}

/// <summary>
/// Adds the mask of the tokens that a method without training keeps, with the annotations of <see cref="ScoreCompressTransformer"/>'s;
/// made by <see cref="PruneTokensEstimator"/>. Deterministic; needs no frozen model.
/// </summary>
internal sealed class PruneTokensTransformer : VideoTransformer
{
    internal const string Kind = "PruneTokens";

    private readonly PruneTokensSettings _settings;
    private readonly ITokenCompressor _compressor;

    public PruneTokensTransformer(PruneTokensSettings settings)
    {
        _settings = settings;
        _compressor = settings.Method.Create(new CompressionOptions { Seed = settings.Seed });
    }

    internal override IEnumerable<DataViewSchema.DetachedColumn> FittedColumns => _settings.Features.Detach();

    internal override SavedTransformer ToSaved() => SavedTransformer.Create(Kind, _settings);

    private protected override RowMapping Map(DataViewSchema inputSchema) => new RowMapping<bool[]>(
        inputSchema,
        _settings.Features.Bind(inputSchema, EncoderIdentity.Any),
        [MaskColumn.Output<bool[]>(_settings.Mask, _settings.Features, _settings.RetentionRatio, mask => mask)],
        row =>
        {
            var video = new FeatureReader(_settings.Features, row, EncoderIdentity.Any);
            return () => _compressor.Compress(video.Read(), _settings.RetentionRatio).ToMask();
        });
}

/// <summary>What <see cref="PruneTokensTransformer"/> is made of and saved as.</summary>
internal sealed record PruneTokensSettings(FeatureColumns Features, CompressionMethod Method, double RetentionRatio, long Seed, string Mask) : ISavedSettings
{
    public OptionFaults Faults() => new OptionFaults(PruneTokensTransformer.Kind)
        .Include(Features.Faults(), nameof(Features))
        .Require(!Method.Merges && !Method.Needs.HasFlag(CompressionNeeds.Policy) && !Method.Needs.HasFlag(CompressionNeeds.Model), Method.Word, "be a method that prunes without training", nameof(Method))
        .Require(RetentionRatio is > 0 and <= 1, RetentionRatio, "lie in (0, 1]")
        .RequireName(Mask);
}
