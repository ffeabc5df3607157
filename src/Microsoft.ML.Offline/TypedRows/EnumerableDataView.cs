namespace Microsoft.ML.Data;

/// <summary>Objects seen as a data view. The sequence is enumerated anew by every cursor, one object at a time.</summary>
internal sealed class EnumerableDataView<TRow> : IDataView
    where TRow : class
{
    private readonly IEnumerable<TRow> _rows;
    private readonly MemberBinding<TRow>[] _bindings;

    public EnumerableDataView(IEnumerable<TRow> rows, SchemaDefinition definition)
    {
        _rows = rows;
        _bindings = MemberBinding<TRow>.All(definition, SchemaDefinition.Direction.Read);
        Schema = ObjectRow<TRow>.SchemaOf(_bindings);
    }

    public bool CanShuffle => false;

    public DataViewSchema Schema { get; }

    public long? GetRowCount() => (_rows as ICollection<TRow>)?.Count;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null) =>
        new Cursor(this, ActiveColumns.Of(Schema, columnsNeeded));

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    /// <summary>The members' own columns, with types and annotations taken from the schema's columns of the same names.</summary>
    public static SchemaDefinition DefinitionFor(DataViewSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);

        var definition = SchemaDefinition.Create(typeof(TRow), SchemaDefinition.Direction.Read);
        foreach (var member in definition)
        {
            if (schema.GetColumnOrNull(member.ColumnName) is not { } column)
                continue;
            member.ColumnType = column.Type;
            member.AddAnnotations(column.Annotations);
        }
        return definition;
    }

    private sealed class Cursor(EnumerableDataView<TRow> view, bool[] active) : DataViewRowCursor
    {
        private IEnumerator<TRow> _rows;
        private TRow _current;
        private long _position = -1;
        private bool _ended;

        public override long Position => _position;

        public override long Batch => 0;

        public override DataViewSchema Schema => view.Schema;

        public override bool MoveNext()
        {
            if (_ended)
                return false;

            _rows ??= view._rows.GetEnumerator();
            if (!_rows.MoveNext())
            {
                _ended = true;
                _current = null;
                _position = -1;
                return false;
            }

            _position++;
            _current = _rows.Current ?? throw new InvalidOperationException($"Row {_position} of the data is null");
            return true;
        }

        public override ValueGetter<DataViewRowId> GetIdGetter() =>
            (ref DataViewRowId id) =>
            {
                Current();
                id = new DataViewRowId((ulong)_position, 0);
            };

        public override bool IsColumnActive(DataViewSchema.Column column) => active[Schema.IndexOf(column)];

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            this.CheckActive(column);

            return Getters.Cast<TValue>(view._bindings[column.Index].GetterFrom(Current), column);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _ended = true;
                _rows?.Dispose();
            }
        }

        private TRow Current() =>
            _current ?? throw new InvalidOperationException("A getter was called before the first MoveNext or after the end");
    }
}
