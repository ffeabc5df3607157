namespace Microsoft.ML.Data;

/// <summary>Which columns of a schema a caller asked for, and the errors of asking for others.</summary>
internal static class ActiveColumns
{
    public static bool[] Of(DataViewSchema schema, IEnumerable<DataViewSchema.Column> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);

        var active = new bool[schema.Count];
        foreach (var column in columns)
            active[schema.IndexOf(column)] = true;
        return active;
    }

    public static int IndexOf(this DataViewSchema schema, DataViewSchema.Column column) =>
        column.Index < schema.Count && schema[column.Index].Name == column.Name
            ? column.Index
            : throw new ArgumentOutOfRangeException(nameof(column), $"Column '{column.Name}' at {column.Index} is not a column of this schema");

    public static void CheckActive(this DataViewRow row, DataViewSchema.Column column)
    {
        if (!row.IsColumnActive(column))
            throw new ArgumentOutOfRangeException(nameof(column), $"Column '{column.Name}' is not active: it was not among the columns that were asked for");
    }
}
