namespace Microsoft.ML.Score.Columns;

/// <summary>
/// What a transformer does over one input schema: the input columns stay with their indices, the new ones follow. All new columns
/// come from one result, computed when the first of them is asked for and kept until the row moves on.
/// </summary>
internal abstract class RowMapping
{
    private protected RowMapping(DataViewSchema inputSchema, IReadOnlyList<DataViewSchema.Column> sources, IEnumerable<DataViewSchema.DetachedColumn> added)
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(inputSchema);
        foreach (var column in added)
            builder.AddColumn(column.Name, column.Type, column.Annotations);

        InputSchema = inputSchema;
        OutputSchema = builder.ToSchema();
        Sources = sources;
    }

    public DataViewSchema InputSchema { get; }

    public DataViewSchema OutputSchema { get; }

    /// <summary>The input columns that the new ones are computed from.</summary>
    public IReadOnlyList<DataViewSchema.Column> Sources { get; }

    /// <summary>The getters of the new columns, in order, over one input row; the row's source columns must be active.</summary>
    public abstract Delegate[] CreateGetters(DataViewRow input);

    public bool IsAdded(DataViewSchema.Column column) => column.Index >= InputSchema.Count;

    /// <summary>The input columns that must be active for the given output columns to be.</summary>
    public IEnumerable<DataViewSchema.Column> Dependencies(IEnumerable<DataViewSchema.Column> columns)
    {
        var needed = new bool[InputSchema.Count];
        foreach (var column in columns)
        {
            if (!IsAdded(column))
                needed[column.Index] = true;
            else
                foreach (var source in Sources)
                    needed[source.Index] = true;
        }

        return InputSchema.Where(column => needed[column.Index]);
    }
}

/// <param name="inputSchema">The schema that the mapping is bound to.</param>
/// <param name="sources">The input columns that <paramref name="bindRow"/> reads.</param>
/// <param name="added">The new columns.</param>
/// <param name="bindRow">Gives, for an input row (or cursor), the function that computes the result at its current position.</param>
internal sealed class RowMapping<TResult>(
    DataViewSchema inputSchema,
    IReadOnlyList<DataViewSchema.Column> sources,
    IReadOnlyList<OutputColumn<TResult>> added,
    Func<DataViewRow, Func<TResult>> bindRow)
    : RowMapping(inputSchema, sources, added.Select(column => new DataViewSchema.DetachedColumn(column.Name, column.Type, column.Annotations)))
{
    public override Delegate[] CreateGetters(DataViewRow input)
    {
        var compute = bindRow(input);
        TResult? result = default;
        long? computedAt = null;
        return [.. added.Select(column => column.CreateGetter(Current))];

        TResult Current()
        {
            if (computedAt != input.Position)
            {
                computedAt = null; // so that a failed row is computed, and fails, again
                result = compute();
                computedAt = input.Position;
            }

            return result!;
        }
    }
}
