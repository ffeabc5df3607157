using Microsoft.ML.Data;
using Microsoft.ML.Score.Columns;
using Microsoft.ML.Score.Saving;

namespace Microsoft.ML.Score;

/// <summary>
/// What this library's transformers have in common: they add columns to a row from other columns of the same row, lazily and one
/// row at a time. Safe for concurrent use; a cursor or prediction engine made from one is not. Nothing needs disposal, and a
/// frozen model that the user passed in stays the user's to dispose.
/// </summary>
public abstract class VideoTransformer : ITransformer
{
    private protected VideoTransformer()
    {
    }

    /// <summary>True: prediction engines can run it.</summary>
    public bool IsRowToRowMapper => true;

    /// <summary>The input's columns and then the new ones.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An input column is missing or of another type.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);

        return Map(inputSchema).OutputSchema;
    }

    /// <summary>A lazy view of the input with the new columns: nothing is computed before a cursor asks, and nothing is kept but by EncodeVideo, in its cache.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An input column is missing or of another type.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);

        return new MappedDataView(input, MapView(input.Schema));
    }

    /// <summary>The transformation as prediction engines drive it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An input column is missing or of another type.</exception>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);

        return new RowMapper(Map(inputSchema));
    }

    void ICanSaveModel.Save(ModelSaveContext ctx) => ((ICanSaveModel)CarrierChain.Build(this)).Save(ctx);

    /// <summary>The input columns as the transformer was fitted on them.</summary>
    internal abstract IEnumerable<DataViewSchema.DetachedColumn> FittedColumns { get; }

    /// <summary>Name of the new column of <see cref="float"/> whose size must be known after plain loading too, or null.</summary>
    internal virtual string? OutputOfKnownSize => null;

    /// <summary>What the saved zip holds of this transformer.</summary>
    internal abstract SavedTransformer ToSaved();

    /// <summary>Finds the frozen model, where there is one, before the first row does: a pool serves no pipeline that lacks it.</summary>
    internal virtual void FindFrozenModel()
    {
    }

    /// <summary>Binds to a schema; throws in ML.NET's words when the schema does not fit.</summary>
    private protected abstract RowMapping Map(DataViewSchema inputSchema);

    /// <summary>The same for a view, whose rows may be read many times.</summary>
    private protected virtual RowMapping MapView(DataViewSchema inputSchema) => Map(inputSchema);
}
