namespace Microsoft.ML.Data;

/// <summary>
/// A source's rows in random order: a pool of rows is filled and drawn from at random, so rows move by about the pool's size.
/// Every pass has the same order.
/// </summary>
internal sealed class ShuffledDataView(IDataView source, int seed, int poolSize) : IDataView
{
    public bool CanShuffle => true;

    public DataViewSchema Schema => source.Schema;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        var needed = columnsNeeded.ToArray();
        var random = rand ?? new Random(seed);
        return new Cursor(source.GetRowCursor(needed, source.CanShuffle ? random : null), needed, random, poolSize);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor : DataViewRowCursor
    {
        private readonly DataViewRowCursor _input;
        private readonly Random _random;
        private readonly int _poolSize;
        private readonly bool[] _active;
        private readonly PooledColumn[] _columns;
        private readonly PooledColumn<DataViewRowId> _ids;
        private readonly List<int> _filled = [];
        private readonly Stack<int> _free = new();
        private int _current = -1;
        private long _position = -1;

        public Cursor(DataViewRowCursor input, DataViewSchema.Column[] needed, Random random, int poolSize)
        {
            _input = input;
            _random = random;
            _poolSize = poolSize;
            _active = ActiveColumns.Of(input.Schema, needed);
            _columns = [.. input.Schema.Select(column =>
                _active[column.Index] ? (PooledColumn)Getters.CallGeneric(PoolOf<int>, [column.Type.RawType], input, column) : null)];
            _ids = new PooledColumn<DataViewRowId>(input.GetIdGetter());
        }

        public override long Position => _position;

        public override long Batch => 0;

        public override DataViewSchema Schema => _input.Schema;

        public override bool MoveNext()
        {
            if (_current >= 0)
                _free.Push(_current);
            while (_filled.Count < _poolSize && _input.MoveNext())
            {
                var slot = _free.TryPop(out var freed) ? freed : _filled.Count;
                _ids.Read(slot);
                foreach (var column in _columns)
                    column?.Read(slot);
                _filled.Add(slot);
            }
            if (_filled.Count == 0)
            {
                _current = -1;
                _position = -1;
                return false;
            }

            var drawn = _random.Next(_filled.Count);
            _current = _filled[drawn];
            _filled[drawn] = _filled[^1];
            _filled.RemoveAt(_filled.Count - 1);
            _position++;
            return true;
        }

        public override ValueGetter<DataViewRowId> GetIdGetter() => _ids.Getter(() => _current);

        public override bool IsColumnActive(DataViewSchema.Column column) => _active[Schema.IndexOf(column)];

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            this.CheckActive(column);

            return (_columns[column.Index] as PooledColumn<TValue>)?.Getter(() => _current) ?? Getters.Cast<TValue>(null, column);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                _input.Dispose();
        }

        private static PooledColumn PoolOf<TValue>(DataViewRow row, DataViewSchema.Column column) => new PooledColumn<TValue>(row.GetGetter<TValue>(column));
    }

    private abstract class PooledColumn
    {
        public abstract void Read(int slot);
    }

    private sealed class PooledColumn<TValue>(ValueGetter<TValue> getter) : PooledColumn
    {
        private readonly List<TValue[]> _slots = [];

        public override void Read(int slot)
        {
            while (_slots.Count <= slot)
                _slots.Add(new TValue[1]);
            getter(ref _slots[slot][0]);
        }

        public ValueGetter<TValue> Getter(Func<int> current) => (ref TValue value) => ValueCopy<TValue>.Copy(in _slots[current()][0], ref value);
    }
}
