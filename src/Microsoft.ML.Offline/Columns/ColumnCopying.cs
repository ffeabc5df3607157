using Microsoft.ML.Data;

namespace Microsoft.ML.Transforms;

/// <summary>Copies columns under new names, type and annotations included.</summary>
public sealed class ColumnCopyingEstimator : TrivialEstimator<ColumnCopyingTransformer>
{
    internal ColumnCopyingEstimator(params (string Output, string Input)[] columns)
        : base(new ColumnCopyingTransformer(columns))
    {
    }

    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);

        return inputSchema.With(Transformer.Columns.Select(column => inputSchema.Require(column.Input).Renamed(column.Output)));
    }
}

/// <summary>Copies columns under new names, type and annotations included.</summary>
public sealed class ColumnCopyingTransformer : OneToOneTransformerBase
{
    internal const string Kind = "CopyColumns";

    private const int Version = 1;

    internal ColumnCopyingTransformer(params (string Output, string Input)[] columns)
    {
        foreach (var (output, input) in columns)
        {
            ArgumentException.ThrowIfNullOrEmpty(output, "outputColumnName");
            ArgumentException.ThrowIfNullOrEmpty(input, "inputColumnName");
        }
        Columns = columns;
    }

    internal (string Output, string Input)[] Columns { get; }

    internal static ColumnCopyingTransformer Load(ModelLoadContext ctx)
    {
        ctx.CheckVersion(Kind, Version);
        return new ColumnCopyingTransformer([.. Enumerable.Range(0, ctx.ReadCount()).Select(_ => (ctx.Reader.ReadString(), ctx.Reader.ReadString()))]);
    }

    private protected override void SaveModel(ModelSaveContext ctx)
    {
        ctx.Begin(Kind, Version);
        ctx.Writer.Write(Columns.Length);
        foreach (var (output, input) in Columns)
        {
            ctx.Writer.Write(output);
            ctx.Writer.Write(input);
        }
    }

    private protected override ColumnMapper MakeMapper(DataViewSchema schema) =>
        new Mapper([.. Columns.Select(column => (column.Output, schema.RequireInput(column.Input)))]);

    private sealed class Mapper((string Output, DataViewSchema.Column Input)[] columns) : ColumnMapper
    {
        public override IReadOnlyList<DataViewSchema.DetachedColumn> Columns { get; } =
            [.. columns.Select(column => new DataViewSchema.DetachedColumn(column.Output, column.Input.Type, column.Input.Annotations))];

        public override IEnumerable<int> InputsOf(Func<int, bool> isActive) =>
            columns.Where((_, index) => isActive(index)).Select(column => column.Input.Index);

        public override Delegate[] CreateGetters(DataViewRow input, Func<int, bool> isActive) =>
            [.. columns.Select((column, index) => isActive(index) ? Getters.Of(input, column.Input) : null)];
    }
}
