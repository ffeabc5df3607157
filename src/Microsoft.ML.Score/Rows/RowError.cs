namespace Microsoft.ML.Score.Rows;

/// <summary>What is wrong with the content of one row.</summary>
internal static class RowError
{
    public static InvalidDataException At(DataViewRow row, string column, string message, Exception? inner = null) =>
        new($"Row {row.Position}, column '{column}': {message}", inner);
}
