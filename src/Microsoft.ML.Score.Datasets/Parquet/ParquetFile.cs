using Microsoft.ML.Score.Storage;
using ParquetSharp;

namespace Microsoft.ML.Score.Datasets.Parquet;

/// <summary>
/// Reads the rows of a Parquet file, one at a time, by ParquetSharp (Arrow C++): columns of texts, numbers, booleans and of lists of these. Columns of other
/// shapes (structs, maps, lists of lists, dates, decimals) are left out. A file is from elsewhere: what it claims is held against limits before memory is taken for it.
/// </summary>
internal static class ParquetFile
{
    private const int MostColumns = 1000;

    /// <summary>Rows that a file of any length may have; a longer one may have one for each byte, since rows worth reading differ.</summary>
    private const int RowsOfAnyFile = 1 << 20;

    private const int MostBytesOfARow = 1 << 24;

    /// <summary>What the open pages, one of each column, may take once decompressed: met after the first that breaks it, which is no larger than <see cref="PageSizes"/> lets pass.</summary>
    private const long MostBytesOfPages = 1L << 29;

    /// <summary>The rows: a value by the name of its column, which is null, a string, a number, a bool or a list of those.</summary>
    /// <exception cref="InvalidDataException">While enumerating: the file is damaged or beyond the limits; the message has its name.</exception>
    public static IEnumerable<IReadOnlyDictionary<string, object?>> Read(string path)
    {
        using var rows = ReadRows(path).GetEnumerator();
        while (MoveNext())
            yield return rows.Current;

        bool MoveNext()
        {
            try
            {
                return rows.MoveNext();
            }
            catch (Exception exception) when (exception is ParquetException or ArgumentException or OverflowException or OutOfMemoryException or InvalidDataException)
            {
                throw new InvalidDataException($"{Path.GetFileName(path)} cannot be read: {Excerpt.OfReason(Reason(exception))}.", exception);
            }
        }
    }

    /// <summary>The library puts the name of a C++ type before its message.</summary>
    private static string Reason(Exception exception)
    {
        var message = exception.Message.ReplaceLineEndings(" ");
        return (message.Split("(message: '", 2) is [_, var inner] ? inner.TrimEnd(')', '\'') : message).TrimEnd('.');
    }

    private static IEnumerable<Dictionary<string, object?>> ReadRows(string path)
    {
        // A pool that hardly anybody else in the process uses, so that what it holds is what is held here.
        var pool = MemoryPool.SystemMemoryPool();
        using var properties = ReaderProperties.WithMemoryPool(pool);
        properties.EnableBufferedStream(); // Columns are read page by page, not whole.
        using var file = new ParquetFileReader(path, properties);
        using var metadata = file.FileMetaData;
        if (metadata.NumColumns > MostColumns)
            throw new InvalidDataException($"it has {metadata.NumColumns} columns, at most {MostColumns} are read");
        if (metadata.NumRows < 0 || metadata.NumRows > RowsOfAnyFile + new FileInfo(path).Length)
            throw new InvalidDataException($"it claims {metadata.NumRows} rows in {new FileInfo(path).Length} bytes");
        var columns = ParquetColumn.Find(metadata.Schema);
        if (columns.Count == 0 && metadata.NumRows > 0)
            throw new InvalidDataException("it has no column of texts, numbers or lists of them");

        using var pages = new PageSizes(path);
        var left = metadata.NumRows;
        for (var index = 0; index < metadata.NumRowGroups; index++)
        {
            using var group = file.RowGroup(index);
            var rows = group.MetaData.NumRows;
            if (rows < 0 || rows > left)
                throw new InvalidDataException($"its row group {index} claims {rows} rows, {left} are left of the file's {metadata.NumRows}");
            left -= rows;
            if (rows > 0)
                pages.Check(index, columns);
            foreach (var row in ReadGroup(group, columns, rows))
            {
                if (pool.BytesAllocated > MostBytesOfPages)
                    throw new InvalidDataException($"its pages take {pool.BytesAllocated} bytes once decompressed, at most {MostBytesOfPages} are held");
                yield return row;
            }
        }

        if (left > 0)
            throw new InvalidDataException($"{left} of its {metadata.NumRows} rows are in no row group");
    }

    private static IEnumerable<Dictionary<string, object?>> ReadGroup(RowGroupReader group, IReadOnlyList<ParquetColumn> columns, long rows)
    {
        var cursors = new List<ColumnCursor>();
        try
        {
            foreach (var column in rows > 0 ? columns : [])
                cursors.Add(ColumnCursor.Open(column, group));
            for (var row = 0L; row < rows; row++)
            {
                long budget = MostBytesOfARow;
                var values = new Dictionary<string, object?>(cursors.Count, StringComparer.Ordinal);
                foreach (var cursor in cursors)
                    values.Add(cursor.Column.Name, cursor.Next(ref budget));
                yield return values;
            }

            if (cursors.Find(cursor => cursor.HasNext) is { } longer)
                throw new InvalidDataException($"its column '{longer.Column.Name}' goes on after the {rows} rows of its row group");
        }
        finally
        {
            cursors.ForEach(cursor => cursor.Dispose());
        }
    }
}
