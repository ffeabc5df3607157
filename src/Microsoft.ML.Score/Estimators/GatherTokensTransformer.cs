using Microsoft.ML.Score.Columns;
using Microsoft.ML.Score.Saving;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score;

/// <summary>Adds the vectors and positions of the tokens that a mask keeps; made by <see cref="GatherTokensEstimator"/>.</summary>
public sealed class GatherTokensTransformer : VideoTransformer
{
    internal const string Kind = "GatherTokens";

    private readonly GatherTokensSettings _settings;

    private readonly EncoderIdentity _encoder;

    internal GatherTokensTransformer(GatherTokensSettings settings)
    {
        _settings = settings;
        _encoder = settings.Output.Pooled is { } pooled ? new EncoderIdentity($"The pooled column '{pooled}'", settings.Output.PooledDimension, null) : EncoderIdentity.Any;
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
internal sealed record GatherTokensSettings(MaskedFeatures Kept, KeptOutput Output);
