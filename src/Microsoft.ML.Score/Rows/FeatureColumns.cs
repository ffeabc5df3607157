using System.Numerics.Tensors;
using System.Text.Json.Serialization;
using Microsoft.ML.Data;
using Microsoft.ML.Score.Tokens;

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
            yield return new(Grid, new VectorDataViewType(NumberDataViewType.Single, 4));
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

    /// <summary>A function that reads the tokens at the row's current position.</summary>
    /// <param name="row">A row or cursor whose bound columns are active.</param>
    /// <param name="encoder">The encoder whose tokens are wanted.</param>
    /// <param name="keep">True where tokens outlive the row, as in training; false reuses one buffer.</param>
    public Func<VideoTokens> Reader(DataViewRow row, EncoderIdentity encoder, bool keep = false)
    {
        var columns = Bind(row.Schema, encoder);
        var read = ByPath ? FileReader(row, columns[0]) : VectorReader(row, columns, keep);
        return () =>
        {
            var tokens = read();
            ThrowIfNotFinite(row, tokens.Vectors.Span);
            if (encoder.Refuses(tokens.Dimension, tokens.EncoderFingerprint) is { } reason)
                throw RowError.At(row, Features, reason);
            return tokens;
        };
    }

    private Func<VideoTokens> VectorReader(DataViewRow row, IReadOnlyList<DataViewSchema.Column> columns, bool keep)
    {
        var fingerprint = ReadFingerprint(columns[0]);
        var features = row.GetGetter<VBuffer<float>>(columns[0]);
        var grid = Grid is null ? null : row.GetGetter<VBuffer<float>>(columns[1]);
        var buffer = new VBuffer<float>();
        var gridBuffer = new VBuffer<float>();
        var values = Array.Empty<float>();
        return () =>
        {
            features(ref buffer);
            if (keep || values.Length != buffer.Length)
                values = new float[buffer.Length];
            buffer.CopyTo(values);
            if (grid is null)
                return Tokens(row, GridFromLength(row, values.Length), values, fingerprint);
            grid(ref gridBuffer);
            return Tokens(row, GridFromColumn(row, gridBuffer), values, fingerprint);
        };
    }

    private static (int Height, int Width, int Dimension) Dimensions(VectorDataViewType type) =>
        type.Dimensions is [_, > 0, > 0, > 0] dimensions ? (dimensions[1], dimensions[2], dimensions[3]) : default;

    private VectorDataViewType FeaturesType() =>
        HasDimensions ? new(NumberDataViewType.Single, 0, Height, Width, Dimension) : new(NumberDataViewType.Single);

    private static string? ReadFingerprint(DataViewSchema.Column column)
    {
        if (column.Annotations.Schema.GetColumnOrNull(EncoderAnnotation) is null)
            return null;
        ReadOnlyMemory<char> fingerprint = default;
        column.Annotations.GetValue(EncoderAnnotation, ref fingerprint);
        return fingerprint.ToString();
    }

    private Func<VideoTokens> FileReader(DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<ReadOnlyMemory<char>>(column);
        ReadOnlyMemory<char> path = default;
        return () =>
        {
            getter(ref path);
            if (path.Span.IsWhiteSpace())
                throw RowError.At(row, Features, "the path of a feature file is empty.");
            return FeatureFile.Read(path.ToString());
        };
    }

    private TokenGrid GridFromLength(DataViewRow row, int length)
    {
        var step = (long)Height * Width * Dimension;
        if (length == 0)
            throw RowError.At(row, Features, "the video has no time step (T = 0).");
        if (length % step != 0)
            throw RowError.At(row, Features, $"{length} values do not divide into time steps of {Height}x{Width}x{Dimension} = {step} values.");
        return new TokenGrid((int)(length / step), Height, Width);
    }

    private TokenGrid GridFromColumn(DataViewRow row, VBuffer<float> values)
    {
        if (values.Length != 4)
            throw RowError.At(row, Grid!, $"expected the 4 values (T, H, W, seconds per step), got {values.Length}.");

        Span<float> grid = stackalloc float[4];
        values.CopyTo(grid);
        for (var i = 0; i < 3; i++)
            if (!(grid[i] >= 1) || grid[i] > int.MaxValue || grid[i] != MathF.Floor(grid[i]))
                throw RowError.At(row, Grid!, $"{"THW"[i]} must be a whole number of at least 1, got {grid[i]}.");
        try
        {
            return new TokenGrid((int)grid[0], (int)grid[1], (int)grid[2], grid[3]);
        }
        catch (ArgumentOutOfRangeException error)
        {
            throw RowError.At(row, Grid!, error.Message, error);
        }
    }

    private VideoTokens Tokens(DataViewRow row, TokenGrid grid, float[] values, string? fingerprint)
    {
        if (values.Length == 0 || values.Length % grid.Count != 0)
            throw RowError.At(row, Features, $"{values.Length} values do not divide into a grid of {grid} = {grid.Count} tokens.");
        var dimension = values.Length / grid.Count;
        if (HasDimensions && (grid.Height, grid.Width, dimension) != (Height, Width, Dimension))
            throw RowError.At(row, Features, $"{values.Length} values over a grid of {grid} tokens do not fit the column's type {FeaturesType()}.");
        return new VideoTokens(grid, dimension, values, fingerprint);
    }

    private void ThrowIfNotFinite(DataViewRow row, ReadOnlySpan<float> values)
    {
        if (TensorPrimitives.IsFiniteAll(values))
            return;
        for (var i = 0; i < values.Length; i++)
            if (!float.IsFinite(values[i]))
                throw RowError.At(row, Features, $"value {i} of {values.Length} is {values[i]}; features must be finite.");
    }
}
