using Microsoft.ML.Score.Columns;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Saving;

namespace Microsoft.ML.Score;

/// <summary>
/// Adds the mask of the tokens that a method without training keeps, with the annotations of <see cref="ScoreCompressTransformer"/>'s;
/// made by <see cref="PruneTokensEstimator"/>. Deterministic; needs no frozen model.
/// </summary>
public sealed class PruneTokensTransformer : VideoTransformer
{
    internal const string Kind = "PruneTokens";

    private readonly PruneTokensSettings _settings;
    private readonly ITokenCompressor _compressor;

    internal PruneTokensTransformer(PruneTokensSettings settings)
    {
        _settings = settings;
        _compressor = settings.Method.Create(settings.Seed);
    }

    /// <summary>The method.</summary>
    public TokenPruningMethod Method => _settings.Method;

    /// <summary>rho as asked for; <see cref="Method"/> may keep another share.</summary>
    public double RetentionRatio => _settings.RetentionRatio;

    internal override IEnumerable<DataViewSchema.DetachedColumn> FittedColumns => _settings.Features.Detach();

    internal override SavedTransformer ToSaved() => SavedTransformer.Create(Kind, _settings);

    private protected override RowMapping Map(DataViewSchema inputSchema) => new RowMapping<bool[]>(
        inputSchema,
        _settings.Features.Bind(inputSchema, EncoderIdentity.Any),
        [MaskColumn.Output<bool[]>(_settings.Mask, _settings.Features, RetentionRatio, mask => mask)],
        row =>
        {
            var video = new FeatureReader(_settings.Features, row, EncoderIdentity.Any);
            return () => _compressor.Compress(video.Read(), RetentionRatio).ToMask();
        });
}

/// <summary>What <see cref="PruneTokensTransformer"/> is made of and saved as.</summary>
internal sealed record PruneTokensSettings(FeatureColumns Features, TokenPruningMethod Method, double RetentionRatio, long Seed, string Mask);
