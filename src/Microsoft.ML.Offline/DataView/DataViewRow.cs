using Microsoft.ML.Data;

namespace Microsoft.ML;

/// <summary>Copies a column's value at the row's current position into the caller's buffer.</summary>
public delegate void ValueGetter<TValue>(ref TValue value);

/// <summary>One row: values are read through getters that are asked for once and called at every position.</summary>
public abstract class DataViewRow : IDisposable
{
    private bool _disposed;

    public abstract long Position { get; }

    public abstract long Batch { get; }

    public abstract DataViewSchema Schema { get; }

    public abstract ValueGetter<DataViewRowId> GetIdGetter();

    public abstract bool IsColumnActive(DataViewSchema.Column column);

    public abstract ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column);

    public void Dispose()
    {
        if (_disposed)
            return;

        _disposed = true;
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }
}

/// <summary>A row that moves over a data view: positioned before the first row until <see cref="MoveNext"/> is called.</summary>
public abstract class DataViewRowCursor : DataViewRow
{
    public abstract bool MoveNext();
}
