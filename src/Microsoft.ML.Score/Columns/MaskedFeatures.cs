using Microsoft.ML.Data;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Columns;

/// <summary>The tokens of a video that a mask column keeps.</summary>
internal sealed record MaskedFeatures(FeatureColumns Features, string Mask) : KeptColumns
{
    /// <summary>The checks that a promised shape allows.</summary>
    public static void Check(SchemaShape inputSchema, string features, string mask, string grid, FeatureOrder? order)
    {
        FeatureColumns.Check(inputSchema, features, grid, order);
        InputColumns.Find(inputSchema, mask, ColumnKind.Booleans);
    }

    public override OptionFaults Faults() => new OptionFaults(nameof(MaskedFeatures)).Include(Features.Faults(), nameof(Features)).RequireName(Mask);

    public override IEnumerable<DataViewSchema.DetachedColumn> Detach() => [.. Features.Detach(), new(Mask, new VectorDataViewType(BooleanDataViewType.Instance))];

    public override IReadOnlyList<DataViewSchema.Column> Bind(DataViewSchema inputSchema, EncoderIdentity encoder) =>
        [.. Features.Bind(inputSchema, encoder), InputColumns.Find(inputSchema, Mask, ColumnKind.Booleans)];

    public override Func<KeptTokens> Reader(DataViewRow row, EncoderIdentity encoder)
    {
        var video = new FeatureReader(Features, row, encoder);
        var positions = MaskColumn.Reader(row, InputColumns.Find(row.Schema, Mask, ColumnKind.Booleans));
        return () => video.Gather(positions);
    }
}
