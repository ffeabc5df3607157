using System.Text.Json.Serialization;
using Microsoft.ML.Data;

namespace Microsoft.ML.Score.Rows;

/// <summary>
/// How the tokens of a video are read from a row, decided once from the schema that an estimator is fitted on: a vector with its
/// grid in a column of its own or in the dimensions of its type, or the path of a feature file.
/// </summary>
/// <param name="Features">Name of the features column.</param>
/// <param name="ByPath">The features column is text: the path of a feature file.</param>
/// <param name="Grid">Name of the grid column; null when the file or the type's dimensions give the grid.</param>
/// <param name="Height">H of the type's dimensions [*, H, W, D]; 0 when it has none.</param>
/// <param name="Width">W of the type's dimensions; 0 when it has none.</param>
/// <param name="Dimension">D of the type's dimensions; 0 when it has none.</param>
/// <param name="EncoderFingerprint">Which model's encoder made the features that were fitted on, from the column's annotation; null when unknown.</param>
internal sealed record FeatureColumns(string Features, bool ByPath, string? Grid, int Height, int Width, int Dimension, string? EncoderFingerprint)
{
    /// <summary>Kind of the text annotation of a features column: the fingerprint of the model whose encoder made it.</summary>
    public const string EncoderAnnotation = "EncoderFingerprint";

    [JsonIgnore]
    public bool HasDimensions => Dimension > 0;

    /// <param name="inputSchema">The schema to decide from.</param>
    /// <param name="features">Name of the features column.</param>
    /// <param name="grid">Name of the grid column. It need not exist where the features column has dimensions or holds paths.</param>
    public static FeatureColumns Resolve(DataViewSchema inputSchema, string features, string grid)
    {
        var column = InputColumns.Find(inputSchema, features, ColumnKind.Singles, ColumnKind.Text);
        if (ColumnKind.Text.Fits(column.Type))
            return new(features, true, null, 0, 0, 0, null);

        var (height, width, dimension) = Dimensions((VectorDataViewType)column.Type);
        var hasGrid = dimension == 0 || inputSchema.GetColumnOrNull(grid) is not null;
        if (hasGrid)
            InputColumns.Find(inputSchema, grid, ColumnKind.Singles);
        return new(features, false, hasGrid ? grid : null, height, width, dimension, ReadFingerprint(column));
    }

    /// <summary>The same checks as far as a promised shape, which has no dimensions, allows.</summary>
    public static void Check(SchemaShape inputSchema, string features, string grid)
    {
        var column = InputColumns.Find(inputSchema, features, ColumnKind.Singles, ColumnKind.Text);
        if (ColumnKind.Singles.Fits(column) && InputColumns.FindOrNull(inputSchema, grid) is not null)
            InputColumns.Find(inputSchema, grid, ColumnKind.Singles);
    }

    /// <summary>The columns read, of the schema at hand, which must be like the one that decided.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, of another type, or from another encoder.</exception>
    public IReadOnlyList<DataViewSchema.Column> Bind(DataViewSchema inputSchema, EncoderIdentity encoder)
    {
        if (ByPath)
            return [InputColumns.Find(inputSchema, Features, ColumnKind.Text)];

        var column = InputColumns.Find(inputSchema, Features, ColumnKind.Singles);
        if (HasDimensions && Dimensions((VectorDataViewType)column.Type) is { Dimension: > 0 } actual && actual != (Height, Width, Dimension))
            throw InputColumns.Mismatch(Features, FeaturesType().ToString()!, column.Type.ToString()!);
        if (encoder.Refuses(HasDimensions ? Dimension : null, ReadFingerprint(column)) is { } reason)
            throw new ArgumentOutOfRangeException(nameof(inputSchema), $"Schema mismatch for input column '{Features}': {reason}");
        return Grid is null ? [column] : [column, InputColumns.Find(inputSchema, Grid, ColumnKind.Singles)];
    }

    /// <summary>The columns read, as <see cref="Bind"/> expects them.</summary>
    public IEnumerable<DataViewSchema.DetachedColumn> Detach()
    {
        yield return ByPath
            ? new(Features, TextDataViewType.Instance)
            : new(Features, FeaturesType(), EncoderFingerprint is null ? null : FingerprintAnnotation(EncoderFingerprint));
        if (Grid is not null)
            yield return new(Grid, GridColumn.Type);
    }

    /// <summary>The type of a column with one value for each token: [*, H, W] where H and W are known.</summary>
    public VectorDataViewType PerTokenType(PrimitiveDataViewType itemType) =>
        HasDimensions ? new(itemType, 0, Height, Width) : new(itemType);

    public static DataViewSchema.Annotations FingerprintAnnotation(string fingerprint)
    {
        var builder = new DataViewSchema.Annotations.Builder();
        builder.AddPrimitiveValue(EncoderAnnotation, TextDataViewType.Instance, fingerprint.AsMemory());
        return builder.ToAnnotations();
    }

    /// <summary>The type of the features column, as fitted.</summary>
    public VectorDataViewType FeaturesType() =>
        HasDimensions ? new(NumberDataViewType.Single, 0, Height, Width, Dimension) : new(NumberDataViewType.Single);

    /// <summary>The encoder's fingerprint that a features column carries, or null.</summary>
    public static string? ReadFingerprint(DataViewSchema.Column column)
    {
        if (column.Annotations.Schema.GetColumnOrNull(EncoderAnnotation) is null)
            return null;
        ReadOnlyMemory<char> fingerprint = default;
        column.Annotations.GetValue(EncoderAnnotation, ref fingerprint);
        return fingerprint.ToString();
    }

    private static (int Height, int Width, int Dimension) Dimensions(VectorDataViewType type) =>
        type.Dimensions is [_, > 0, > 0, > 0] dimensions ? (dimensions[1], dimensions[2], dimensions[3]) : default;
}
