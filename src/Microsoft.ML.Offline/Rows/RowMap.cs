namespace Microsoft.ML.Data;

/// <summary>A row-to-row map: some of the input's columns, in a given order, and then the computed ones.</summary>
internal sealed class RowMap : IRowToRowMapper
{
    private readonly int[] _kept;
    private readonly ColumnMapper _computed;

    /// <summary>All input columns keep their index; the computed ones follow.</summary>
    public RowMap(DataViewSchema inputSchema, ColumnMapper computed)
        : this(inputSchema, Enumerable.Range(0, inputSchema.Count), computed)
    {
    }

    public RowMap(DataViewSchema inputSchema, IEnumerable<int> kept, ColumnMapper computed = null)
    {
        _kept = [.. kept];
        _computed = computed;
        InputSchema = inputSchema;

        var builder = new DataViewSchema.Builder();
        builder.AddColumns(_kept.Select(index => inputSchema[index]));
        if (computed is not null)
            builder.AddColumns(computed.Columns);
        OutputSchema = builder.ToSchema();
    }

    public DataViewSchema InputSchema { get; }

    public DataViewSchema OutputSchema { get; }

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns)
    {
        var active = ActiveColumns.Of(OutputSchema, dependingColumns);
        var needed = new SortedSet<int>();
        for (var i = 0; i < _kept.Length; i++)
        {
            if (active[i])
                needed.Add(_kept[i]);
        }
        if (active.AsSpan(_kept.Length).Contains(true))
            needed.UnionWith(_computed.InputsOf(index => active[_kept.Length + index]));
        return needed.Select(index => InputSchema[index]).ToArray();
    }

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.Schema != InputSchema)
            throw new ArgumentException("The row's schema is not the one that this mapper was made for", nameof(input));

        return new MappedRow(this, input, ActiveColumns.Of(OutputSchema, activeColumns));
    }

    private sealed class MappedRow : DataViewRow
    {
        private readonly RowMap _map;
        private readonly DataViewRow _input;
        private readonly bool[] _active;
        private readonly Delegate[] _computed;

        public MappedRow(RowMap map, DataViewRow input, bool[] active)
        {
            _map = map;
            _input = input;
            _active = active;
            if (active.AsSpan(map._kept.Length).Contains(true))
                _computed = map._computed.CreateGetters(input, index => active[map._kept.Length + index]);
        }

        public override long Position => _input.Position;

        public override long Batch => _input.Batch;

        public override DataViewSchema Schema => _map.OutputSchema;

        public override ValueGetter<DataViewRowId> GetIdGetter() => _input.GetIdGetter();

        public override bool IsColumnActive(DataViewSchema.Column column) => _active[Schema.IndexOf(column)];

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            this.CheckActive(column);

            return column.Index < _map._kept.Length
                ? _input.GetGetter<TValue>(_map.InputSchema[_map._kept[column.Index]])
                : Getters.Cast<TValue>(_computed[column.Index - _map._kept.Length], column);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                _input.Dispose();
        }
    }
}
