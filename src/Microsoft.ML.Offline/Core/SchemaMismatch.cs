namespace Microsoft.ML;

/// <summary>The errors of a pipeline whose input lacks a column or has it with another type, worded as ML.NET's.</summary>
internal static class SchemaMismatch
{
    public static Exception Missing(string column) =>
        new ArgumentOutOfRangeException("inputSchema", $"Could not find input column '{column}'");

    public static Exception WrongType(string column, string expected, string actual) =>
        new ArgumentOutOfRangeException("inputSchema", $"Schema mismatch for input column '{column}': expected {expected}, got {actual}");

    /// <summary>The visible column of that name, or the error for a missing one.</summary>
    public static DataViewSchema.Column RequireInput(this DataViewSchema schema, string column) =>
        schema.GetColumnOrNull(column) ?? throw Missing(column);
}
