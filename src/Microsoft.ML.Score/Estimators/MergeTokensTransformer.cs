using Microsoft.ML.Data;
using Microsoft.ML.Score.Columns;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Saving;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score;

/// <summary>
/// Adds the vectors and positions that a merging method without training leaves, and the grid where the features themselves give it;
/// made by <see cref="MergeTokensEstimator"/>. Deterministic; needs no frozen model.
/// </summary>
public sealed class MergeTokensTransformer : VideoTransformer
{
    internal const string Kind = "MergeTokens";

    private readonly MergeTokensSettings _settings;
    private readonly ITokenCompressor _compressor;

    internal MergeTokensTransformer(MergeTokensSettings settings)
    {
        _settings = settings;
        _compressor = settings.Method.Create();
    }

    /// <summary>The method.</summary>
    public TokenMergingMethod Method => _settings.Method;

    /// <summary>rho as asked for; <see cref="Method"/> may leave another share.</summary>
    public double RetentionRatio => _settings.RetentionRatio;

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
            return _compressor.Compress(tokens, RetentionRatio);
        }
        catch (ArgumentException error)
        {
            throw video.Error(error.Message, error);
        }
    }
}

/// <summary>What <see cref="MergeTokensTransformer"/> is made of and saved as.</summary>
internal sealed record MergeTokensSettings(FeatureColumns Features, string? Salience, TokenMergingMethod Method, double RetentionRatio, KeptOutput Output);
