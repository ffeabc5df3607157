namespace Microsoft.ML.Data;

/// <summary>A cursor that gives its input's values and moves in its own way.</summary>
internal abstract class WrappingCursor(DataViewRowCursor input, bool[] active) : DataViewRowCursor
{
    public override long Position => Input.Position;

    public override long Batch => Input.Batch;

    public override DataViewSchema Schema => Input.Schema;

    protected DataViewRowCursor Input => input;

    public override ValueGetter<DataViewRowId> GetIdGetter() => Input.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => active[Schema.IndexOf(column)];

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        this.CheckActive(column);

        return Input.GetGetter<TValue>(column);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Input.Dispose();
    }
}
