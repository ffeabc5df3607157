namespace Microsoft.ML.Data;

/// <summary>A stretch of a source's rows: some skipped, some taken. The source's order is kept, so there is one cursor.</summary>
internal sealed class RowRangeDataView(IDataView source, long skip, long take) : IDataView
{
    public bool CanShuffle => false;

    public DataViewSchema Schema => source.Schema;

    public long? GetRowCount() => source.GetRowCount() is { } count ? Math.Clamp(count - skip, 0, take) : null;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        var needed = columnsNeeded.ToArray();
        return new Cursor(source.GetRowCursor(needed), ActiveColumns.Of(Schema, needed), skip, take);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor(DataViewRowCursor input, bool[] active, long skip, long take) : WrappingCursor(input, active)
    {
        private long _position = -1;
        private long _skipped;
        private long _taken;

        public override long Position => _position;

        public override bool MoveNext()
        {
            if (_taken < take)
            {
                for (; _skipped < skip && Input.MoveNext(); _skipped++)
                {
                }
                if (_skipped == skip && Input.MoveNext())
                {
                    _position = _taken++;
                    return true;
                }
            }
            _taken = take;
            _position = -1;
            return false;
        }
    }
}
