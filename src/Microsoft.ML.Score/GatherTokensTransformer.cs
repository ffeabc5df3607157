using Microsoft.ML.Data;
using Microsoft.ML.Score.Persistence;
using Microsoft.ML.Score.Rows;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score;

/// <summary>Adds the vectors and positions of the tokens that a mask keeps; made by <see cref="GatherTokensEstimator"/>.</summary>
public sealed class GatherTokensTransformer : VideoTransformer
{
    internal const string Kind = "GatherTokens";

    private readonly GatherTokensSettings _settings;

    internal GatherTokensTransformer(GatherTokensSettings settings) => _settings = settings;

    internal override IEnumerable<DataViewSchema.DetachedColumn> FittedColumns =>
        [.. _settings.Features.Detach(), new(_settings.Mask, new VectorDataViewType(BooleanDataViewType.Instance))];

    internal override SavedTransformer ToSaved() => SavedTransformer.Create(Kind, _settings);

    private protected override RowMapping Map(DataViewSchema inputSchema)
    {
        var features = _settings.Features.Bind(inputSchema, EncoderIdentity.Any);
        var mask = InputColumns.Find(inputSchema, _settings.Mask, ColumnKind.Booleans);
        return new RowMapping<KeptTokens>(
            inputSchema,
            [.. features, mask],
            [
                OutputColumn.Vector<KeptTokens, float>(_settings.Output, new VectorDataViewType(NumberDataViewType.Single, 0, _settings.Features.Dimension), kept => kept.Vectors),
                OutputColumn.Vector<KeptTokens, int>(_settings.Positions, new VectorDataViewType(NumberDataViewType.Int32), kept => kept.Positions),
            ],
            row =>
            {
                var video = new FeatureReader(_settings.Features, row, EncoderIdentity.Any);
                var positions = MaskColumn.Reader(row, mask);
                return () => video.Gather(positions);
            });
    }
}

/// <summary>What <see cref="GatherTokensTransformer"/> is made of and saved as.</summary>
internal sealed record GatherTokensSettings(FeatureColumns Features, string Mask, string Output, string Positions);
