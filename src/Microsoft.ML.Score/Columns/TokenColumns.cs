using Microsoft.ML.Data;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Columns;

/// <summary>Kept tokens in columns of their own: the vectors [k, D], their k positions, and the grid of the whole video.</summary>
internal sealed record TokenColumns(string Tokens, string Positions, string Grid) : KeptColumns
{
    /// <summary>The checks that a promised shape allows.</summary>
    public void Check(SchemaShape inputSchema)
    {
        InputColumns.Find(inputSchema, Tokens, ColumnKind.Singles);
        InputColumns.Find(inputSchema, Positions, ColumnKind.Integers);
        InputColumns.Find(inputSchema, Grid, ColumnKind.Singles);
    }

    public override OptionFaults Faults() => new OptionFaults(nameof(TokenColumns)).RequireName(Tokens).RequireName(Positions).RequireName(Grid);

    public override IEnumerable<DataViewSchema.DetachedColumn> Detach() =>
    [
        new(Tokens, new VectorDataViewType(NumberDataViewType.Single)),
        new(Positions, new VectorDataViewType(NumberDataViewType.Int32)),
        new(Grid, GridColumn.Type),
    ];

    public override IReadOnlyList<DataViewSchema.Column> Bind(DataViewSchema inputSchema, EncoderIdentity encoder)
    {
        var tokens = InputColumns.Find(inputSchema, Tokens, ColumnKind.Singles);
        if (encoder.Refuses(null, FeatureColumns.ReadFingerprint(tokens)) is { } reason)
            throw new ArgumentOutOfRangeException(nameof(inputSchema), $"Schema mismatch for input column '{Tokens}': {reason}");
        return [tokens, InputColumns.Find(inputSchema, Positions, ColumnKind.Integers), InputColumns.Find(inputSchema, Grid, ColumnKind.Singles)];
    }

    public override Func<KeptTokens> Reader(DataViewRow row, EncoderIdentity encoder)
    {
        var columns = Bind(row.Schema, encoder);
        var tokensGetter = row.GetGetter<VBuffer<float>>(columns[0]);
        var positionsGetter = row.GetGetter<VBuffer<int>>(columns[1]);
        var grid = GridColumn.Reader(row, columns[2]);
        var (tokens, positions) = (new VBuffer<float>(), new VBuffer<int>());
        return () =>
        {
            tokensGetter(ref tokens);
            positionsGetter(ref positions);
            var (vectors, indices) = (tokens.DenseValues().ToArray(), positions.DenseValues().ToArray());
            if (indices.Length == 0 || vectors.Length == 0 || vectors.Length % indices.Length != 0)
                throw RowError.At(row, Tokens, $"{vectors.Length} values do not divide into the {indices.Length} tokens that column '{Positions}' gives positions of.");
            RowError.ThrowIfNotFinite(row, Tokens, vectors, "tokens");
            var dimension = vectors.Length / indices.Length;
            if (encoder.Refuses(dimension, null) is { } reason)
                throw RowError.At(row, Tokens, reason);
            var video = grid();
            try
            {
                return new KeptTokens(video, dimension, indices, vectors);
            }
            catch (ArgumentException error)
            {
                throw RowError.At(row, Positions, error.Message, error);
            }
        };
    }
}
