using Microsoft.ML.Data;
using Microsoft.ML.Score.Columns;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Saving;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score;

/// <summary>Merges the tokens of a video into fewer by a method without training.</summary>
internal sealed class MergeTokensEstimator : IEstimator<MergeTokensTransformer>
{
    private readonly string _outputColumnName;
    private readonly string _featuresColumnName;
    private readonly CompressionMethod _method;
    private readonly MergeTokensOptions _options;

    public MergeTokensEstimator(string outputColumnName, string featuresColumnName, CompressionMethod method, MergeTokensOptions options)
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
        if (!byPath && _options.SalienceColumnName is null && _method.NeedsEncoderAttention)
            throw new ArgumentOutOfRangeException(
                parameterName,
                $"{_method.Name} chooses by the encoder's attention, which the vector column '{_featuresColumnName}' does not carry: name a column of saliences in "
                + $"{nameof(MergeTokensOptions)}.{nameof(MergeTokensOptions.SalienceColumnName)}, or let EncodeVideo write feature files with a model loaded with EncoderStatistics.");
    }
}

/// <summary>Options of <c>MergeTokens</c>.</summary>
public sealed class MergeTokensOptions : TokenCompressionOptions
{
    /// <summary>Name of the column of positions. Default null: the output column's name with "Positions" after it.</summary>
    public string? PositionsColumnName { get; init; }

    /// <summary>
    /// Name of a column with the attention that each of the T*N tokens receives in the encoder (Vector of <see cref="float"/>), which a
    /// vector column of features does not carry; it goes before what feature files carry. Default null: feature files are
    /// needed by the methods that choose by attention.
    /// </summary>
    public string? SalienceColumnName { get; init; }

    private protected override OptionFaults Faults() => base.Faults().RequireNameOrNull(PositionsColumnName).RequireNameOrNull(SalienceColumnName);
}

/// <summary>
/// Adds the vectors and positions that a merging method without training leaves, and the grid where the features themselves give it;
/// made by <see cref="MergeTokensEstimator"/>. Deterministic; needs no frozen model.
/// </summary>
internal sealed class MergeTokensTransformer : VideoTransformer
{
    internal const string Kind = "MergeTokens";

    private readonly MergeTokensSettings _settings;
    private readonly ITokenCompressor _compressor;

    public MergeTokensTransformer(MergeTokensSettings settings)
    {
        _settings = settings;
        _compressor = settings.Method.Create();
    }

    internal override IEnumerable<DataViewSchema.DetachedColumn> FittedColumns => _settings.Salience is { } salience
        ? [.. _settings.Features.Detach(), new(salience, new VectorDataViewType(NumberDataViewType.Single))]
        : _settings.Features.Detach();

    internal override SavedTransformer ToSaved() => SavedTransformer.Create(Kind, _settings);

    private protected override RowMapping Map(DataViewSchema inputSchema)
    {
        var features = _settings.Features.Bind(inputSchema, EncoderIdentity.Any);
        DataViewSchema.Column? salience = _settings.Salience is { } name ? InputColumns.Find(inputSchema, name, ColumnKind.Singles) : null;
        return new RowMapping<KeptTokens>(
            inputSchema,
            salience is { } source ? [.. features, source] : features,
            _settings.Output.Columns(_settings.Features),
            row =>
            {
                var video = new FeatureReader(_settings.Features, row, EncoderIdentity.Any);
                var withSalience = salience is { } column ? SalienceColumn.Reader(row, column) : tokens => tokens;
                return () => Merge(video, withSalience);
            });
    }

    private KeptTokens Merge(FeatureReader video, Func<VideoTokens, VideoTokens> withSalience)
    {
        var tokens = withSalience(video.Read());
        try
        {
            return _compressor.Compress(tokens, _settings.RetentionRatio);
        }
        catch (ArgumentException error)
        {
            throw video.Error(error.Message, error);
        }
    }
}

/// <summary>What <see cref="MergeTokensTransformer"/> is made of and saved as.</summary>
internal sealed record MergeTokensSettings(FeatureColumns Features, string? Salience, CompressionMethod Method, double RetentionRatio, KeptOutput Output) : ISavedSettings
{
    public OptionFaults Faults() => new OptionFaults(MergeTokensTransformer.Kind)
        .Include(Features.Faults(), nameof(Features))
        .RequireNameOrNull(Salience)
        .Require(Method.Merges, Method.Word, "be a method that merges", nameof(Method))
        .Require(RetentionRatio is > 0 and <= 1, RetentionRatio, "lie in (0, 1]")
        .Include(Output.Faults(), nameof(Output));
}
