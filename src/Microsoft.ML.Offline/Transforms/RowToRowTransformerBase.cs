namespace Microsoft.ML.Data;

/// <summary>A transformer that keeps its input's columns and adds computed ones.</summary>
public abstract class RowToRowTransformerBase : ITransformer
{
    private protected RowToRowTransformerBase()
    {
    }

    bool ITransformer.IsRowToRowMapper => true;

    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => MapFor(inputSchema).OutputSchema;

    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);

        return new MappedDataView(input, MapFor(input.Schema));
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) => MapFor(inputSchema);

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ArgumentNullException.ThrowIfNull(ctx);

        SaveModel(ctx);
    }

    private protected abstract void SaveModel(ModelSaveContext ctx);

    private protected abstract ColumnMapper MakeMapper(DataViewSchema schema);

    private RowMap MapFor(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);

        return new RowMap(inputSchema, MakeMapper(inputSchema));
    }
}

/// <summary>A transformer each of whose new columns is computed from one input column.</summary>
public abstract class OneToOneTransformerBase : RowToRowTransformerBase
{
    private protected OneToOneTransformerBase()
    {
    }
}
