namespace Microsoft.ML.Score.Datasets.Parquet;

/// <summary>
/// Reads tables of the Parquet format as Hugging Face exports them: columns of texts, numbers and booleans and of lists of these, pages of both versions, plain
/// or by dictionary, uncompressed or compressed by Snappy or gzip. Columns of other shapes (structs, maps, binary values, dates) are left out. The format: apache/parquet-format.
/// </summary>
internal static class ParquetFile
{
    /// <summary>The rows: a value by the name of its column, which is null, a string, a long, a double, a bool or a list of those.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <exception cref="InvalidDataException">The file is damaged, or uses a codec or an encoding that is not read.</exception>
    public static IReadOnlyList<IReadOnlyDictionary<string, object?>> Read(byte[] bytes, string name)
    {
        try
        {
            var metadata = ParquetMetadata.Read(bytes);
            return [.. metadata.RowGroups.SelectMany(group => ReadGroup(metadata.Columns, group, bytes))];
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException($"{name} cannot be read: {exception.Message}.", exception);
        }
    }

    private static List<Dictionary<string, object?>> ReadGroup(IReadOnlyDictionary<string, ParquetColumn> known, RowGroup group, byte[] bytes)
    {
        var columns = group.Columns.Where(chunk => known.ContainsKey(chunk.Path))
            .Select(chunk => (known[chunk.Path].Name, Values: new ColumnChunkReader(known[chunk.Path], chunk).Read(bytes, group.RowCount))).ToList();
        if (columns.Count == 0 && group.RowCount > 0)
            throw new InvalidDataException("it has no column of texts, numbers or lists of them");
        if (columns.Select(column => column.Name).Distinct(StringComparer.Ordinal).Count() != columns.Count)
            throw new InvalidDataException("a row group of it has a column twice");

        return [.. Enumerable.Range(0, (int)group.RowCount).Select(row => columns.ToDictionary(column => column.Name, column => column.Values[row], StringComparer.Ordinal))];
    }
}
