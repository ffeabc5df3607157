using System.Numerics.Tensors;

namespace Microsoft.ML.Score.Columns;

/// <summary>What is wrong with the content of one row.</summary>
internal static class RowError
{
    public static InvalidDataException At(DataViewRow row, string column, string message, Exception? inner = null) =>
        new($"Row {row.Position}, column '{column}': {message}", inner);

    /// <param name="row">The row.</param>
    /// <param name="column">The column that the values are of.</param>
    /// <param name="values">The values.</param>
    /// <param name="what">What they are to the user, in the plural.</param>
    /// <exception cref="InvalidDataException">A value is NaN or infinite.</exception>
    public static void ThrowIfNotFinite(DataViewRow row, string column, ReadOnlySpan<float> values, string what)
    {
        if (TensorPrimitives.IsFiniteAll(values))
            return;
        for (var i = 0; i < values.Length; i++)
            if (!float.IsFinite(values[i]))
                throw At(row, column, $"value {i} of {values.Length} is {values[i]}; {what} must be finite.");
    }

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
