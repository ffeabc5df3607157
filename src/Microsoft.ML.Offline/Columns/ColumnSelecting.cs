using Microsoft.ML.Data;

namespace Microsoft.ML.Transforms;

/// <summary>Keeps the named columns, in that order, or drops them and keeps the rest.</summary>
public sealed class ColumnSelectingEstimator : TrivialEstimator<ColumnSelectingTransformer>
{
    internal ColumnSelectingEstimator(string[] keepColumns, string[] dropColumns, bool keepHidden = false)
        : base(new ColumnSelectingTransformer(keepColumns, dropColumns, keepHidden))
    {
    }

    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);

        var named = Transformer.Names.Select(inputSchema.Require).ToArray();
        return new SchemaShape(Transformer.Drops ? inputSchema.Where(column => !Transformer.Names.Contains(column.Name)) : named);
    }
}

/// <summary>Keeps the named columns, in that order, or drops them and keeps the rest. Nothing is computed or copied.</summary>
public sealed class ColumnSelectingTransformer : ITransformer
{
    internal const string Kind = "SelectColumns";

    private const int Version = 1;

    private readonly bool _keepHidden;

    internal ColumnSelectingTransformer(string[] keepColumns, string[] dropColumns, bool keepHidden = false)
    {
        Names = keepColumns ?? dropColumns ?? throw new ArgumentNullException("columnNames");
        Drops = keepColumns is null;
        _keepHidden = keepHidden;
        foreach (var name in Names)
            ArgumentException.ThrowIfNullOrEmpty(name, "columnNames");
    }

    internal string[] Names { get; }

    internal bool Drops { get; }

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
        ctx.Begin(Kind, Version);
        ctx.Writer.Write(Drops);
        ctx.Writer.Write(_keepHidden);
        ctx.Writer.Write(Names.Length);
        foreach (var name in Names)
            ctx.Writer.Write(name);
    }

    internal static ColumnSelectingTransformer Load(ModelLoadContext ctx)
    {
        ctx.CheckVersion(Kind, Version);
        var drops = ctx.Reader.ReadBoolean();
        var keepHidden = ctx.Reader.ReadBoolean();
        string[] names = [.. Enumerable.Range(0, ctx.ReadCount()).Select(_ => ctx.Reader.ReadString())];
        return new ColumnSelectingTransformer(drops ? null : names, drops ? names : null, keepHidden);
    }

    private RowMap MapFor(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);

        var named = Names.Select(name => inputSchema.RequireInput(name).Index).ToArray();
        var hidden = inputSchema.Where(column => column.IsHidden && _keepHidden && !Names.Contains(column.Name)).Select(column => column.Index);
        return new RowMap(
            inputSchema,
            Drops
                ? inputSchema.Where(column => !Names.Contains(column.Name) && (_keepHidden || !column.IsHidden)).Select(column => column.Index)
                : named.Concat(hidden));
    }
}
