namespace Microsoft.ML.Data;

/// <summary>A data view whose rows are mapped one at a time while the source's cursor moves; nothing is read ahead.</summary>
internal sealed class MappedDataView(IDataView source, IRowToRowMapper mapper) : IDataView
{
    public bool CanShuffle => source.CanShuffle;

    public DataViewSchema Schema => mapper.OutputSchema;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        var needed = columnsNeeded.ToArray();
        return new Cursor(source.GetRowCursor(mapper.GetDependencies(needed), rand), mapper, needed);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null)
    {
        var needed = columnsNeeded.ToArray();
        return Array.ConvertAll(
            source.GetRowCursorSet(mapper.GetDependencies(needed), n, rand),
            cursor => (DataViewRowCursor)new Cursor(cursor, mapper, needed));
    }

    private sealed class Cursor(DataViewRowCursor input, IRowToRowMapper mapper, DataViewSchema.Column[] needed) : DataViewRowCursor
    {
        private readonly DataViewRow _row = mapper.GetRow(input, needed);

        public override long Position => input.Position;

        public override long Batch => input.Batch;

        public override DataViewSchema Schema => mapper.OutputSchema;

        public override bool MoveNext() => input.MoveNext();

        public override ValueGetter<DataViewRowId> GetIdGetter() => _row.GetIdGetter();

        public override bool IsColumnActive(DataViewSchema.Column column) => _row.IsColumnActive(column);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => _row.GetGetter<TValue>(column);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _row.Dispose();
                input.Dispose();
            }
        }
    }
}
