namespace Microsoft.ML.Data;

/// <summary>
/// Keeps the values that cursors ask for: a column is read from the source in one pass when it is first needed, and stays.
/// Thread-safe.
/// </summary>
internal sealed class CachedDataView(IDataView source) : IDataView
{
    private readonly Lock _lock = new();
    private readonly Array[] _columns = new Array[source.Schema.Count];
    private DataViewRowId[] _ids;

    public bool CanShuffle => true;

    public DataViewSchema Schema => source.Schema;

    public long? GetRowCount() => _ids?.Length ?? source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        var active = Fill(columnsNeeded);
        var order = Enumerable.Range(0, _ids.Length).ToArray();
        rand?.Shuffle(order);
        return new Cursor(this, active, order, batch: 0);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null)
    {
        var active = Fill(columnsNeeded);
        var order = Enumerable.Range(0, _ids.Length).ToArray();
        rand?.Shuffle(order);
        // Contiguous stretches, so that the cursors in order of their batches give the rows in order.
        var count = Math.Clamp(n, 1, Math.Max(1, order.Length));
        return [.. Enumerable.Range(0, count).Select(i =>
            new Cursor(this, active, order[(int)((long)order.Length * i / count)..(int)((long)order.Length * (i + 1) / count)], i))];
    }

    private bool[] Fill(IEnumerable<DataViewSchema.Column> columnsNeeded)
    {
        var active = ActiveColumns.Of(Schema, columnsNeeded);
        lock (_lock)
        {
            var missing = Schema.Where(column => active[column.Index] && _columns[column.Index] is null).ToArray();
            if (missing.Length == 0 && _ids is not null)
                return active;

            using var cursor = source.GetRowCursor(missing);
            var stores = Array.ConvertAll(missing, column => (ColumnStore)Getters.CallGeneric(StoreOf<int>, [column.Type.RawType], cursor, column));
            var ids = new List<DataViewRowId>();
            var getId = cursor.GetIdGetter();
            while (cursor.MoveNext())
            {
                DataViewRowId id = default;
                getId(ref id);
                ids.Add(id);
                foreach (var store in stores)
                    store.Add();
            }
            for (var i = 0; i < missing.Length; i++)
                _columns[missing[i].Index] = stores[i].ToArray();
            _ids ??= [.. ids];
        }
        return active;
    }

    private static ColumnStore StoreOf<TValue>(DataViewRow row, DataViewSchema.Column column) => new ColumnStore<TValue>(row.GetGetter<TValue>(column));

    private abstract class ColumnStore
    {
        public abstract void Add();

        public abstract Array ToArray();
    }

    private sealed class ColumnStore<TValue>(ValueGetter<TValue> getter) : ColumnStore
    {
        private readonly List<TValue> _values = [];

        public override void Add()
        {
            // A fresh value each time: the getter may not reuse the arrays of one that is kept.
            TValue value = default;
            getter(ref value);
            _values.Add(value);
        }

        public override Array ToArray() => _values.ToArray();
    }

    private sealed class Cursor(CachedDataView cache, bool[] active, int[] order, long batch) : DataViewRowCursor
    {
        private int _position = -1;

        public override long Position => _position;

        public override long Batch => batch;

        public override DataViewSchema Schema => cache.Schema;

        public override bool MoveNext()
        {
            _position = _position == order.Length || _position + 1 == order.Length ? order.Length : _position + 1;
            return _position < order.Length;
        }

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = cache._ids[order[_position]];

        public override bool IsColumnActive(DataViewSchema.Column column) => active[Schema.IndexOf(column)];

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            this.CheckActive(column);

            var values = cache._columns[column.Index] as TValue[];
            return Getters.Cast<TValue>(values is null ? null : (ValueGetter<TValue>)((ref TValue value) => ValueCopy<TValue>.Copy(in values[Current()], ref value)), column);
        }

        private int Current() =>
            _position >= 0 && _position < order.Length
                ? order[_position]
                : throw new InvalidOperationException("A getter was called before the first MoveNext or after the end");
    }
}
