namespace Microsoft.ML.Score.Columns;

/// <summary>Finds input columns by name and kind, in a schema or in a promised shape, with ML.NET's wording of what is wrong.</summary>
internal static class InputColumns
{
    /// <exception cref="ArgumentOutOfRangeException">The column is missing or of none of the kinds.</exception>
    public static DataViewSchema.Column Find(DataViewSchema inputSchema, string name, params ReadOnlySpan<ColumnKind> kinds)
    {
        if (inputSchema.GetColumnOrNull(name) is not { } column)
            throw Missing(name);
        foreach (var kind in kinds)
            if (kind.Fits(column.Type))
                return column;
        throw Mismatch(name, Expected(kinds), column.Type.ToString()!);
    }

    /// <exception cref="ArgumentOutOfRangeException">The column is missing or of none of the kinds.</exception>
    public static SchemaShape.Column Find(SchemaShape inputSchema, string name, params ReadOnlySpan<ColumnKind> kinds)
    {
        if (FindOrNull(inputSchema, name) is not { } column)
            throw Missing(name);
        foreach (var kind in kinds)
            if (kind.Fits(column))
                return column;
        throw Mismatch(name, Expected(kinds), Describe(column));
    }

    public static SchemaShape.Column? FindOrNull(SchemaShape inputSchema, string name)
    {
        foreach (var column in inputSchema)
            if (column.Name == name)
                return column;
        return null;
    }

    public static ArgumentOutOfRangeException Missing(string name) => new("inputSchema", $"Could not find input column '{name}'");

    public static ArgumentOutOfRangeException Mismatch(string name, string expected, string actual) =>
        new("inputSchema", $"Schema mismatch for input column '{name}': expected {expected}, got {actual}");

    private static string Expected(ReadOnlySpan<ColumnKind> kinds) => string.Join(" or ", kinds.ToArray().Select(kind => kind.ToString()));

    private static string Describe(SchemaShape.Column column)
    {
        var item = column.IsKey ? $"Key<{column.ItemType}>" : column.ItemType.ToString()!;
        return column.Kind switch
        {
            SchemaShape.Column.VectorKind.Vector => $"Vector<{item}>",
            SchemaShape.Column.VectorKind.VariableVector => $"VarVector<{item}>",
            _ => item,
        };
    }
}
