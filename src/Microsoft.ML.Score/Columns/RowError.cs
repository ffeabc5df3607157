namespace Microsoft.ML.Score.Columns;

/// <summary>What is wrong with the content of one row.</summary>
internal static class RowError
{
    public static InvalidDataException At(DataViewRow row, string column, string message, Exception? inner = null) =>
        new($"Row {row.Position}, column '{column}': {message}", inner);

    /// <summary>Reads a file that a row names. Its own errors name the file; here row and column are added, the type of error kept.</summary>
    public static TResult Naming<TResult>(DataViewRow row, string column, Func<TResult> read)
    {
        try
        {
            return read();
        }
        catch (FileNotFoundException error)
        {
            throw new FileNotFoundException(At(row, column, error.Message).Message, error.FileName, error);
        }
        catch (Exception error) when (error is InvalidDataException or ArgumentException)
        {
            throw At(row, column, error.Message, error);
        }
    }
}
