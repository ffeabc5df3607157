using Microsoft.ML.Data;

namespace Microsoft.ML.Transforms;

/// <summary>Adds the members of <typeparamref name="TDst"/> as columns, computed by a user's action from those of <typeparamref name="TSrc"/>.</summary>
public sealed class CustomMappingEstimator<TSrc, TDst> : TrivialEstimator<CustomMappingTransformer<TSrc, TDst>>
    where TSrc : class, new()
    where TDst : class, new()
{
    internal CustomMappingEstimator(Action<TSrc, TDst> mapAction, string contractName, SchemaDefinition inputSchemaDefinition, SchemaDefinition outputSchemaDefinition)
        : base(new CustomMappingTransformer<TSrc, TDst>(mapAction, contractName, inputSchemaDefinition, outputSchemaDefinition))
    {
    }

    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);

        foreach (var source in Transformer.Sources)
        {
            var expected = SchemaShape.ShapeOf(source.ColumnName, source.ColumnType, source.Annotations);
            var actual = inputSchema.Require(source.ColumnName);
            if (!actual.ItemType.Equals(expected.ItemType) || (actual.Kind == SchemaShape.Column.VectorKind.Scalar) != (expected.Kind == SchemaShape.Column.VectorKind.Scalar))
                throw SchemaMismatch.WrongType(source.ColumnName, expected.TypeText, actual.TypeText);
        }
        return inputSchema.With(Transformer.Results.Select(result => SchemaShape.ShapeOf(result.ColumnName, result.ColumnType, result.Annotations)));
    }
}

/// <summary>
/// Adds the members of <typeparamref name="TDst"/> as columns, computed by a user's action from those of <typeparamref name="TSrc"/>:
/// once for each row that is read, however many of the columns are asked for.
/// </summary>
public sealed class CustomMappingTransformer<TSrc, TDst> : ITransformer
    where TSrc : class, new()
    where TDst : class, new()
{
    private readonly Action<TSrc, TDst> _mapAction;
    private readonly string _contractName;
    private readonly SchemaDefinition _inputDefinition;

    internal CustomMappingTransformer(
        Action<TSrc, TDst> mapAction,
        string contractName,
        SchemaDefinition inputSchemaDefinition = null,
        SchemaDefinition outputSchemaDefinition = null)
    {
        ArgumentNullException.ThrowIfNull(mapAction);

        _mapAction = mapAction;
        _contractName = contractName;
        _inputDefinition = inputSchemaDefinition;
        Sources = MemberBinding<TSrc>.All(inputSchemaDefinition, SchemaDefinition.Direction.Write);
        Results = MemberBinding<TDst>.All(outputSchemaDefinition, SchemaDefinition.Direction.Read);
    }

    internal MemberBinding<TSrc>[] Sources { get; }

    internal MemberBinding<TDst>[] Results { get; }

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
        if (string.IsNullOrEmpty(_contractName))
            throw new InvalidOperationException("Empty contract name for a custom mapping: it cannot be saved. Give it a contract name and a factory of that name.");

        CustomMappingFile.Save(ctx, _contractName, _mapAction.Method.DeclaringType.Assembly);
    }

    private RowMap MapFor(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);

        return new RowMap(inputSchema, new Mapper(this, new ObjectWriter<TSrc>(inputSchema, _inputDefinition, SchemaMismatch.Missing)));
    }

    private sealed class Mapper(CustomMappingTransformer<TSrc, TDst> owner, ObjectWriter<TSrc> reader) : ColumnMapper
    {
        public override IReadOnlyList<DataViewSchema.DetachedColumn> Columns { get; } =
            [.. owner.Results.Select(result => new DataViewSchema.DetachedColumn(result.ColumnName, result.ColumnType, result.Annotations))];

        public override IEnumerable<int> InputsOf(Func<int, bool> isActive) => reader.Columns.Select(column => column.Index);

        public override Delegate[] CreateGetters(DataViewRow input, Func<int, bool> isActive)
        {
            var read = reader.WriterFrom(input);
            var source = new TSrc();
            var result = new TDst();
            var position = long.MinValue;
            TDst Current()
            {
                if (position != input.Position)
                {
                    read(source);
                    owner._mapAction(source, result);
                    position = input.Position;
                }
                return result;
            }
            return [.. owner.Results.Select((column, index) => isActive(index) ? column.GetterFrom(Current) : null)];
        }
    }
}
