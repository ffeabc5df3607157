namespace Microsoft.ML.Data;

/// <summary>Which rows of a source are kept: the columns that the decision reads, and the decision over a row.</summary>
internal sealed record RowFilter(Func<DataViewSchema, IEnumerable<DataViewSchema.Column>> Columns, Func<DataViewRow, Func<bool>> KeepsCurrent);

/// <summary>The rows of a source that a filter keeps.</summary>
internal sealed class FilteredDataView(IDataView source, RowFilter filter) : IDataView
{
    public bool CanShuffle => source.CanShuffle;

    public DataViewSchema Schema => source.Schema;

    public long? GetRowCount() => null;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        var needed = columnsNeeded.ToArray();
        return new Cursor(source.GetRowCursor(needed.Concat(filter.Columns(Schema)), rand), filter, ActiveColumns.Of(Schema, needed));
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null)
    {
        var needed = columnsNeeded.ToArray();
        var active = ActiveColumns.Of(Schema, needed);
        return Array.ConvertAll(
            source.GetRowCursorSet(needed.Concat(filter.Columns(Schema)), n, rand),
            cursor => (DataViewRowCursor)new Cursor(cursor, filter, active));
    }

    private sealed class Cursor(DataViewRowCursor input, RowFilter filter, bool[] active) : WrappingCursor(input, active)
    {
        private readonly Func<bool> _keepsCurrent = filter.KeepsCurrent(input);
        private long _position = -1;

        public override long Position => _position;

        public override bool MoveNext()
        {
            while (Input.MoveNext())
            {
                if (!_keepsCurrent())
                    continue;
                _position++;
                return true;
            }
            _position = -1;
            return false;
        }
    }
}
