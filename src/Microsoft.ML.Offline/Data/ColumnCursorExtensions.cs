namespace Microsoft.ML.Data;

/// <summary>Reads one column as a sequence.</summary>
public static class ColumnCursorExtensions
{
    public static IEnumerable<T> GetColumn<T>(this IDataView data, string columnName)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentException.ThrowIfNullOrEmpty(columnName);

        return GetColumn<T>(data, data.Schema.GetColumnOrNull(columnName)
            ?? throw new ArgumentOutOfRangeException(nameof(columnName), $"Could not find column '{columnName}'"));
    }

    /// <summary>
    /// Lazy; enumerated anew every time. Values come as <typeparamref name="T"/>: the column's own value type, <see cref="string"/> for text,
    /// an array for a vector. Vectors are not shared between rows.
    /// </summary>
    public static IEnumerable<T> GetColumn<T>(this IDataView data, DataViewSchema.Column column)
    {
        ArgumentNullException.ThrowIfNull(data);

        var definition = SchemaDefinition.Create(typeof(Holder<T>));
        definition[0].ColumnName = column.Name;
        definition[0].ColumnType = column.Type;
        var writer = new ObjectWriter<Holder<T>>(data.Schema, definition, missing: null);
        return Enumerate(data, writer);
    }

    private static IEnumerable<T> Enumerate<T>(IDataView data, ObjectWriter<Holder<T>> writer)
    {
        using var cursor = data.GetRowCursor(writer.Columns);
        var write = writer.WriterFrom(cursor);
        while (cursor.MoveNext())
        {
            var holder = new Holder<T>();
            write(holder);
            yield return holder.Value;
        }
    }

    private sealed class Holder<T>
    {
        public T Value = default;
    }
}
