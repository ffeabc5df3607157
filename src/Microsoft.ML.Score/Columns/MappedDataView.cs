namespace Microsoft.ML.Score.Columns;

/// <summary>A source view with the new columns beside it, computed lazily by its cursors.</summary>
internal sealed class MappedDataView(IDataView source, RowMapping mapping) : IDataView
{
    public bool CanShuffle => source.CanShuffle;

    public DataViewSchema Schema => mapping.OutputSchema;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        ArgumentNullException.ThrowIfNull(columnsNeeded);

        var needed = columnsNeeded.ToArray();
        return new MappedCursor(mapping, source.GetRowCursor(mapping.Dependencies(needed), rand), needed);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        ArgumentNullException.ThrowIfNull(columnsNeeded);

        var needed = columnsNeeded.ToArray();
        var cursors = source.GetRowCursorSet(mapping.Dependencies(needed), n, rand);
        return Array.ConvertAll(cursors, DataViewRowCursor (cursor) => new MappedCursor(mapping, cursor, needed));
    }
}
