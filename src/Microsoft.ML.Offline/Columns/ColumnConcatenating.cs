using Microsoft.ML.Data;

namespace Microsoft.ML.Transforms
{
    /// <summary>Joins columns of one item type, scalars and vectors, into one vector.</summary>
    public sealed class ColumnConcatenatingEstimator : IEstimator<ColumnConcatenatingTransformer>
    {
        private readonly ColumnConcatenatingTransformer _transformer;

        internal ColumnConcatenatingEstimator(string outputColumnName, params string[] inputColumnNames) =>
            _transformer = new ColumnConcatenatingTransformer(outputColumnName, inputColumnNames);

        public ColumnConcatenatingTransformer Fit(IDataView input)
        {
            ArgumentNullException.ThrowIfNull(input);

            _transformer.GetOutputSchema(input.Schema);
            return _transformer;
        }

        public SchemaShape GetOutputSchema(SchemaShape inputSchema)
        {
            ArgumentNullException.ThrowIfNull(inputSchema);

            var sources = _transformer.Inputs.Select(inputSchema.Require).ToArray();
            foreach (var source in sources)
            {
                if (!source.ItemType.Equals(sources[0].ItemType) || source.IsKey != sources[0].IsKey)
                    throw SchemaMismatch.WrongType(source.Name, sources[0].TypeText, source.TypeText);
            }
            var kind = sources.Any(source => source.Kind == SchemaShape.Column.VectorKind.VariableVector)
                ? SchemaShape.Column.VectorKind.VariableVector
                : SchemaShape.Column.VectorKind.Vector;
            return inputSchema.With([new SchemaShape.Column(_transformer.Output, kind, sources[0].ItemType, sources[0].IsKey)]);
        }
    }
}

namespace Microsoft.ML.Data
{
    /// <summary>Joins columns of one item type, scalars and vectors, into one vector.</summary>
    public sealed class ColumnConcatenatingTransformer : RowToRowTransformerBase
    {
        internal const string Kind = "Concatenate";

        private const int Version = 1;

        internal ColumnConcatenatingTransformer(string outputColumnName, params string[] inputColumnNames)
        {
            ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
            ArgumentNullException.ThrowIfNull(inputColumnNames);
            if (inputColumnNames.Length == 0)
                throw new ArgumentException("At least one input column is needed", nameof(inputColumnNames));

            Output = outputColumnName;
            Inputs = inputColumnNames;
        }

        internal string Output { get; }

        internal string[] Inputs { get; }

        internal static ColumnConcatenatingTransformer Load(ModelLoadContext ctx)
        {
            ctx.CheckVersion(Kind, Version);
            var output = ctx.Reader.ReadString();
            return new ColumnConcatenatingTransformer(output, [.. Enumerable.Range(0, ctx.ReadCount()).Select(_ => ctx.Reader.ReadString())]);
        }

        private protected override void SaveModel(ModelSaveContext ctx)
        {
            ctx.Begin(Kind, Version);
            ctx.Writer.Write(Output);
            ctx.Writer.Write(Inputs.Length);
            foreach (var input in Inputs)
                ctx.Writer.Write(input);
        }

        private protected override ColumnMapper MakeMapper(DataViewSchema schema)
        {
            DataViewSchema.Column[] sources = [.. Inputs.Select(schema.RequireInput)];
            var itemType = ItemType(sources[0]);
            foreach (var source in sources)
            {
                if (!ItemType(source).Equals(itemType))
                    throw SchemaMismatch.WrongType(source.Name, itemType.ToString(), source.Type.ToString());
            }
            return (ColumnMapper)Getters.CallGeneric(MapperOf<int>, [itemType.RawType], Output, sources, itemType);
        }

        private static ColumnMapper MapperOf<TItem>(string output, DataViewSchema.Column[] sources, PrimitiveDataViewType itemType) =>
            new Mapper<TItem>(output, sources, itemType);

        private static PrimitiveDataViewType ItemType(DataViewSchema.Column column) =>
            column.Type as PrimitiveDataViewType
            ?? (column.Type as VectorDataViewType)?.ItemType
            ?? throw SchemaMismatch.WrongType(column.Name, "a primitive or a vector", column.Type.ToString());

        private sealed class Mapper<TItem>(string output, DataViewSchema.Column[] sources, PrimitiveDataViewType itemType) : ColumnMapper
        {
            private delegate void Append(ref TItem[] items, ref int count);

            public override IReadOnlyList<DataViewSchema.DetachedColumn> Columns { get; } = [new(output, TypeOf(sources, itemType))];

            public override IEnumerable<int> InputsOf(Func<int, bool> isActive) => sources.Select(source => source.Index);

            public override Delegate[] CreateGetters(DataViewRow input, Func<int, bool> isActive)
            {
                Append[] parts = [.. sources.Select(source => source.Type is VectorDataViewType ? VectorPart(input, source) : ScalarPart(input, source))];
                TItem[] items = [];
                ValueGetter<VBuffer<TItem>> getter = (ref VBuffer<TItem> value) =>
                {
                    var count = 0;
                    foreach (var part in parts)
                        part(ref items, ref count);
                    VBuffer<TItem>.Copy(items, 0, ref value, count);
                };
                return [getter];
            }

            private static VectorDataViewType TypeOf(DataViewSchema.Column[] sources, PrimitiveDataViewType itemType)
            {
                var sizes = Array.ConvertAll(sources, source => source.Type is VectorDataViewType vector ? vector.Size : 1);
                return new VectorDataViewType(itemType, sizes.Contains(0) ? 0 : sizes.Sum());
            }

            private static Append ScalarPart(DataViewRow input, DataViewSchema.Column source)
            {
                var getter = input.GetGetter<TItem>(source);
                return (ref TItem[] items, ref int count) =>
                {
                    Reserve(ref items, count + 1);
                    getter(ref items[count++]);
                };
            }

            private static Append VectorPart(DataViewRow input, DataViewSchema.Column source)
            {
                var getter = input.GetGetter<VBuffer<TItem>>(source);
                VBuffer<TItem> part = default;
                return (ref TItem[] items, ref int count) =>
                {
                    getter(ref part);
                    Reserve(ref items, count + part.Length);
                    part.CopyTo(items, count);
                    count += part.Length;
                };
            }

            private static void Reserve(ref TItem[] items, int size)
            {
                if (items.Length < size)
                    Array.Resize(ref items, Math.Max(size, items.Length * 2));
            }
        }
    }
}
