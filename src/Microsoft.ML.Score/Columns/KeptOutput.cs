using Microsoft.ML.Data;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Columns;

/// <summary>The columns that hold kept tokens, as <see cref="TokenColumns"/> reads them.</summary>
/// <param name="Tokens">Name of the column of vectors [k, D].</param>
/// <param name="Positions">Name of the column of positions.</param>
/// <param name="Grid">Name of the grid column where it is added; null where the rows have one already.</param>
/// <param name="Pooled">Name of the column of the kept vectors' mean [D]; null for none.</param>
/// <param name="PooledDimension">D of the mean; 0 where there is none.</param>
internal sealed record KeptOutput(string Tokens, string Positions, string? Grid, string? Pooled = null, int PooledDimension = 0)
{
    /// <summary>The most values of a pooled column: what the saved form of a vector of known size can hold.</summary>
    public const int MaxPooledDimension = ushort.MaxValue;

    /// <summary>What is wrong with columns that come from a zip.</summary>
    public OptionFaults Faults() => new OptionFaults(nameof(KeptOutput))
        .RequireName(Tokens)
        .RequireName(Positions)
        .RequireNameOrNull(Grid)
        .RequireNameOrNull(Pooled)
        .Require(Pooled is null ? PooledDimension == 0 : PooledDimension is >= 1 and <= MaxPooledDimension, PooledDimension, Pooled is null ? "be 0 without a pooled column" : $"lie in 1..{MaxPooledDimension}");

    /// <summary>The name of the positions column beside a column of tokens.</summary>
    public static string PositionsName(string tokens, string? positions) => positions ?? tokens + "Positions";

    /// <summary>The columns over features that come with or without a grid column.</summary>
    public static KeptOutput Over(FeatureColumns features, string tokens, string? positions, string grid) =>
        new(tokens, PositionsName(tokens, positions), features.Grid is null ? grid : null);

    /// <summary>
    /// The columns over a promised shape, which says as much as it has no dimensions: features without a grid column bring the grid
    /// themselves.
    /// </summary>
    public static IReadOnlyList<DataViewSchema.DetachedColumn> Promise(SchemaShape inputSchema, string features, string tokens, string? positions, string grid)
    {
        var byPath = ColumnKind.Text.Fits(InputColumns.Find(inputSchema, features, ColumnKind.Singles, ColumnKind.Text));
        var added = new List<DataViewSchema.DetachedColumn>
        {
            new(tokens, new VectorDataViewType(NumberDataViewType.Single)),
            new(PositionsName(tokens, positions), new VectorDataViewType(NumberDataViewType.Int32)),
        };
        if (byPath || InputColumns.FindOrNull(inputSchema, grid) is null)
            added.Add(new(grid, GridColumn.Type));
        return added;
    }

    public IReadOnlyList<OutputColumn<KeptTokens>> Columns(FeatureColumns features)
    {
        var annotations = features.EncoderFingerprint is { } fingerprint ? FeatureColumns.FingerprintAnnotation(fingerprint) : null;
        var columns = new List<OutputColumn<KeptTokens>>
        {
            OutputColumn.Vector<KeptTokens, float>(Tokens, new VectorDataViewType(NumberDataViewType.Single, 0, features.Dimension), kept => kept.Vectors, annotations),
            OutputColumn.Vector<KeptTokens, int>(Positions, new VectorDataViewType(NumberDataViewType.Int32), kept => kept.Positions),
        };
        if (Grid is not null)
            columns.Add(GridColumn.Output<KeptTokens>(Grid, kept => kept.Grid));
        if (Pooled is not null)
            columns.Add(OutputColumn.Vector<KeptTokens, float>(Pooled, PooledType(PooledDimension), Mean, annotations));
        return columns;
    }

    public static VectorDataViewType PooledType(int dimension) => new(NumberDataViewType.Single, dimension);

    /// <summary>The mean of k vectors, summed in double precision so that it does not depend on k's size.</summary>
    private static ReadOnlyMemory<float> Mean(KeptTokens kept)
    {
        var sums = new double[kept.Dimension];
        var vectors = kept.Vectors.Span;
        for (var i = 0; i < vectors.Length; i++)
            sums[i % sums.Length] += vectors[i];
        return Array.ConvertAll(sums, sum => (float)(sum / kept.Count));
    }
}
