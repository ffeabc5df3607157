using Microsoft.ML.Data;

namespace Microsoft.ML.Transforms;

/// <summary>Adds a column with a constant text, written as an expression over scalar columns that it does not read.</summary>
public sealed class ExpressionEstimator : IEstimator<ExpressionTransformer>
{
    private readonly ExpressionTransformer _transformer;

    internal ExpressionEstimator(ExpressionTransformer transformer) => _transformer = transformer;

    public ExpressionTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);

        _transformer.GetOutputSchema(input.Schema);
        return _transformer;
    }

    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);

        foreach (var source in _transformer.Inputs.Select(inputSchema.Require))
        {
            if (source.Kind != SchemaShape.Column.VectorKind.Scalar || source.IsKey || !ExpressionTransformer.CanRead(source.ItemType))
                throw SchemaMismatch.WrongType(source.Name, ExpressionTransformer.ReadableTypes, source.TypeText);
        }
        return inputSchema.With([new SchemaShape.Column(_transformer.Output, SchemaShape.Column.VectorKind.Scalar, TextDataViewType.Instance, isKey: false)]);
    }
}

/// <summary>Adds a column with a constant text, written as an expression over scalar columns that it does not read.</summary>
public sealed class ExpressionTransformer : RowToRowTransformerBase
{
    public const string LoaderSignature = "ExprTransform";

    internal const string ReadableTypes = "a scalar of type Boolean, Int32, Int64, Single, Double or String";

    private const int Version = 1;

    private readonly string _expression;
    private readonly string _text;

    internal ExpressionTransformer(string outputColumnName, string expression, string[] inputColumnNames)
    {
        ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
        ArgumentException.ThrowIfNullOrEmpty(expression);
        ArgumentNullException.ThrowIfNull(inputColumnNames);
        if (inputColumnNames.Length == 0)
            throw new ArgumentException("An expression needs at least one input column, a constant one too", nameof(inputColumnNames));

        Output = outputColumnName;
        Inputs = inputColumnNames;
        _expression = expression;
        _text = ConstantLambda.Parse(expression, inputColumnNames.Length);
    }

    internal string Output { get; }

    internal string[] Inputs { get; }

    internal static bool CanRead(DataViewType type) =>
        type is BooleanDataViewType or TextDataViewType
        || type == NumberDataViewType.Int32 || type == NumberDataViewType.Int64
        || type == NumberDataViewType.Single || type == NumberDataViewType.Double;

    internal static ExpressionTransformer Load(ModelLoadContext ctx)
    {
        ctx.CheckVersion(LoaderSignature, Version);
        var output = ctx.Reader.ReadString();
        var expression = ctx.Reader.ReadString();
        return new ExpressionTransformer(output, expression, [.. Enumerable.Range(0, ctx.ReadCount()).Select(_ => ctx.Reader.ReadString())]);
    }

    private protected override void SaveModel(ModelSaveContext ctx)
    {
        ctx.Begin(LoaderSignature, Version);
        ctx.Writer.Write(Output);
        ctx.Writer.Write(_expression);
        ctx.Writer.Write(Inputs.Length);
        foreach (var input in Inputs)
            ctx.Writer.Write(input);
    }

    private protected override ColumnMapper MakeMapper(DataViewSchema schema)
    {
        foreach (var source in Inputs.Select(schema.RequireInput))
        {
            if (!CanRead(source.Type))
                throw SchemaMismatch.WrongType(source.Name, ReadableTypes, source.Type.ToString());
        }
        return new Mapper(Output, _text.AsMemory());
    }

    private sealed class Mapper(string output, ReadOnlyMemory<char> text) : ColumnMapper
    {
        public override IReadOnlyList<DataViewSchema.DetachedColumn> Columns { get; } = [new(output, TextDataViewType.Instance)];

        public override IEnumerable<int> InputsOf(Func<int, bool> isActive) => [];

        public override Delegate[] CreateGetters(DataViewRow input, Func<int, bool> isActive) =>
            [(ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> value) => value = text)];
    }
}
