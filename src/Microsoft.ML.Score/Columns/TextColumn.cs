namespace Microsoft.ML.Score.Columns;

/// <summary>Reads a text column whose values must not be empty.</summary>
internal static class TextColumn
{
    public static Func<string> Reader(DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<ReadOnlyMemory<char>>(column);
        ReadOnlyMemory<char> text = default;
        return () =>
        {
            getter(ref text);
            return text.Span.IsWhiteSpace() ? throw RowError.At(row, column.Name, "the text is null or empty.") : text.ToString();
        };
    }
}
