using System.Text.Json.Serialization;
using Microsoft.ML.Data;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Columns;

/// <summary>
/// How the tokens of a video are read from a row, decided once from the schema that an estimator is fitted on: a vector with its
/// grid in a column of its own or in the dimensions of its type, or the path of a feature file.
/// </summary>
/// <param name="Features">Name of the features column.</param>
/// <param name="ByPath">The features column is text: the path of a feature file.</param>
/// <param name="Grid">Name of the grid column; null when the file or the type's dimensions give the grid.</param>
/// <param name="Height">H of the type's four dimensions; 0 when they do not say.</param>
/// <param name="Width">W of the type's dimensions; 0 when they do not say.</param>
/// <param name="Dimension">D of the type's dimensions; 0 when they do not say.</param>
/// <param name="EncoderFingerprint">Which model's encoder made the features that were fitted on, from the column's annotation; null when unknown.</param>
/// <param name="TimeSteps">T of the type's dimensions; 0 when they do not say.</param>
/// <param name="Order">The order of a vector's values as the user said; null reads channels last and refuses what looks otherwise.</param>
internal sealed record FeatureColumns(
    string Features, bool ByPath, string? Grid, int Height, int Width, int Dimension, string? EncoderFingerprint, int TimeSteps = 0, FeatureOrder? Order = null)
{
    /// <summary>Kind of the text annotation of a features column: the fingerprint of the model whose encoder made it.</summary>
    public const string EncoderAnnotation = "EncoderFingerprint";

    /// <summary>Kind of the text annotation of a features column: the folder in which encoded videos are kept.</summary>
    public const string CacheAnnotation = "FeatureCache";

    [JsonIgnore]
    public FeatureShape Shape => new(TimeSteps, Height, Width, Dimension);

    [JsonIgnore]
    public bool ChannelsFirst => Order == FeatureOrder.ChannelsFirst;

    /// <summary>T where it is the same for all rows. Rows with a grid column say T themselves, which a promised shape could not tell apart.</summary>
    [JsonIgnore]
    public int KnownTimeSteps => Grid is null ? TimeSteps : 0;

    /// <param name="inputSchema">The schema to decide from.</param>
    /// <param name="features">Name of the features column.</param>
    /// <param name="grid">Name of the grid column. It need not exist where the features column has dimensions or holds paths.</param>
    /// <param name="order">The order of a vector's values, as the options say.</param>
    public static FeatureColumns Resolve(DataViewSchema inputSchema, string features, string grid, FeatureOrder? order)
    {
        var column = InputColumns.Find(inputSchema, features, ColumnKind.Singles, ColumnKind.Text);
        if (ColumnKind.Text.Fits(column.Type))
        {
            ThrowIfChannelsFirst(features, order, "it holds paths of feature files");
            return new(features, true, null, 0, 0, 0, null);
        }

        var shape = FeatureShape.Of(column.Type, order);
        var hasGrid = !shape.GivesGrid || inputSchema.GetColumnOrNull(grid) is not null;
        if (hasGrid)
            InputColumns.Find(inputSchema, grid, ColumnKind.Singles);
        return new(features, false, hasGrid ? grid : null, shape.Height, shape.Width, shape.Dimension, ReadFingerprint(column), shape.TimeSteps, order);
    }

    /// <summary>The same checks as far as a promised shape, which has no dimensions, allows.</summary>
    public static void Check(SchemaShape inputSchema, string features, string grid, FeatureOrder? order)
    {
        var column = InputColumns.Find(inputSchema, features, ColumnKind.Singles, ColumnKind.Text);
        if (ColumnKind.Text.Fits(column))
            ThrowIfChannelsFirst(features, order, "it holds paths of feature files");
        else if (InputColumns.FindOrNull(inputSchema, grid) is not null)
            InputColumns.Find(inputSchema, grid, ColumnKind.Singles);
    }

    /// <summary>Whether a promised shape is that of videos of one size: <see cref="Resolve"/> refuses a vector of known size that has neither grid nor dimensions.</summary>
    public static bool HaveOneSize(SchemaShape inputSchema, string features, string grid) =>
        InputColumns.FindOrNull(inputSchema, features) is { Kind: SchemaShape.Column.VectorKind.Vector } && InputColumns.FindOrNull(inputSchema, grid) is null;

    /// <summary>What is wrong with columns that come from a zip: <see cref="Resolve"/> makes no such ones.</summary>
    public OptionFaults Faults() => new OptionFaults(nameof(FeatureColumns))
        .RequireName(Features)
        .RequireNameOrNull(Grid)
        .Require(Math.Min(Math.Min(TimeSteps, Height), Math.Min(Width, Dimension)) >= 0, $"dimensions must be at least 0, got {TimeSteps}, {Height}, {Width} and {Dimension}")
        .Require((Int128)Math.Max(TimeSteps, 1) * Math.Max(Height, 1) * Math.Max(Width, 1) * Math.Max(Dimension, 1) <= Array.MaxLength, $"dimensions {TimeSteps}, {Height}, {Width} and {Dimension} are of more values than a vector holds")
        .Require(ByPath ? Grid is null && Shape == default && Order != FeatureOrder.ChannelsFirst : Grid is not null || Shape.GivesGrid, $"a column needs a grid column or dimensions where it holds vectors, and has neither where it holds paths")
        .Require(Order is not { } order || Enum.IsDefined(order), Order, $"be null, {FeatureOrder.ChannelsLast} or {FeatureOrder.ChannelsFirst}");

    /// <summary>The columns read, of the schema at hand, which must be like the one that decided.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, of another type, or from another encoder.</exception>
    public IReadOnlyList<DataViewSchema.Column> Bind(DataViewSchema inputSchema, EncoderIdentity encoder)
    {
        if (ByPath)
            return [InputColumns.Find(inputSchema, Features, ColumnKind.Text)];

        var column = InputColumns.Find(inputSchema, Features, ColumnKind.Singles);
        var fingerprint = ReadFingerprint(column);
        var shape = FeatureShape.Of(column.Type, Order);
        if (fingerprint is not null)
            ThrowIfChannelsFirst(Features, Order, "EncodeVideo made it");
        if (Order is null && shape.LooksChannelsFirst(encoder.Dimension))
            throw Refusal(Features, $"{column.Type} may be in the order [T, H, W, D] or [T, D, H, W]; say which: set {nameof(FeatureOrder)} to {FeatureOrder.ChannelsLast} or {FeatureOrder.ChannelsFirst}.");
        if (!Shape.Fits(shape))
            throw InputColumns.Mismatch(Features, FeaturesType().ToString()!, column.Type.ToString()!);
        if (Shape.Or(shape).Dimension is > 0 and var dimension && RefusesDimension(encoder, dimension) is { } wrongDimension)
            throw Refusal(Features, wrongDimension);
        if (encoder.Refuses(null, fingerprint) is { } wrongEncoder)
            throw Refusal(Features, wrongEncoder);
        return Grid is null ? [column] : [column, InputColumns.Find(inputSchema, Grid, ColumnKind.Singles)];
    }

    /// <summary>Why tokens of D values, as read from a vector, are refused, or null.</summary>
    public string? RefusesDimension(EncoderIdentity encoder, int dimension) => encoder.Refuses(dimension, null) is { } reason
        ? $"{reason} The values are read as {(ChannelsFirst ? "[T, D, H, W]" : "[T, H, W, D]")}; {nameof(FeatureOrder)} says otherwise."
        : null;

    /// <summary>The columns read, as <see cref="Bind"/> expects them.</summary>
    public IEnumerable<DataViewSchema.DetachedColumn> Detach()
    {
        yield return ByPath
            ? new(Features, TextDataViewType.Instance)
            : new(Features, FeaturesType(), EncoderFingerprint is null ? null : FingerprintAnnotation(EncoderFingerprint));
        if (Grid is not null)
            yield return new(Grid, GridColumn.Type);
    }

    /// <summary>The type of a column with one value for each token: [T, H, W] where H and W are known, T being * unless it is known too.</summary>
    public VectorDataViewType PerTokenType(PrimitiveDataViewType itemType) =>
        Shape.GivesGrid ? new(itemType, KnownTimeSteps, Height, Width) : new(itemType);

    /// <summary>What a promised shape says of <see cref="PerTokenType"/>: whether its size is known.</summary>
    public static VectorDataViewType PromisedPerTokenType(SchemaShape inputSchema, string features, string grid, PrimitiveDataViewType itemType) =>
        HaveOneSize(inputSchema, features, grid) ? new(itemType, 1) : new(itemType);

    public static DataViewSchema.Annotations FingerprintAnnotation(string fingerprint, string? cacheFolder = null)
    {
        var builder = new DataViewSchema.Annotations.Builder();
        builder.AddPrimitiveValue(EncoderAnnotation, TextDataViewType.Instance, fingerprint.AsMemory());
        if (cacheFolder is not null)
            builder.AddPrimitiveValue(CacheAnnotation, TextDataViewType.Instance, cacheFolder.AsMemory());
        return builder.ToAnnotations();
    }

    /// <summary>The type of the features column, as fitted.</summary>
    public VectorDataViewType FeaturesType() => Shape.ToType(Order);

    /// <summary>The encoder's fingerprint that a features column carries, or null.</summary>
    public static string? ReadFingerprint(DataViewSchema.Column column) => ReadText(column, EncoderAnnotation);

    /// <summary>The folder in which the encoded videos of a features column are kept, or null.</summary>
    public static string? ReadCacheFolder(DataViewSchema.Column column) => ReadText(column, CacheAnnotation);

    private static string? ReadText(DataViewSchema.Column column, string annotation)
    {
        if (column.Annotations.Schema.GetColumnOrNull(annotation) is null)
            return null;
        ReadOnlyMemory<char> text = default;
        column.Annotations.GetValue(annotation, ref text);
        return text.ToString();
    }

    private static void ThrowIfChannelsFirst(string features, FeatureOrder? order, string because)
    {
        if (order == FeatureOrder.ChannelsFirst)
            throw Refusal(features, $"{nameof(FeatureOrder)} is {FeatureOrder.ChannelsFirst}, but the column's values are always [T, H, W, D], because {because}; leave {nameof(FeatureOrder)} out.");
    }

    private static ArgumentOutOfRangeException Refusal(string features, string reason) => new("inputSchema", $"Schema mismatch for input column '{features}': {reason}");
}
