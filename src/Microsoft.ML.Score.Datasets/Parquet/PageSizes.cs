using System.Buffers.Binary;

namespace Microsoft.ML.Score.Datasets.Parquet;

/// <summary>
/// What the pages of a file claim to be once decompressed, from their headers: the library takes that memory before it looks at what is in a page, and offers no look at a header.
/// </summary>
internal sealed class PageSizes : IDisposable
{
    /// <summary>DuckDB writes pages of up to 100 MB, others of 1 MB.</summary>
    private const long MostBytesOfAPage = 1L << 27;

    private const int DictionaryPage = 2; // each of its values takes a byte at least

    private readonly FileStream _file;
    private readonly List<List<Chunk>> _groups = [];

    /// <summary>Reads the file's footer, which the library has accepted.</summary>
    /// <exception cref="InvalidDataException">It is no footer after all.</exception>
    public PageSizes(string path)
    {
        _file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        try
        {
            // The footer's length, 4 bytes, and the signature, 4 bytes, are the end.
            Span<byte> end = stackalloc byte[8];
            _file.Position = Math.Max(0, _file.Length - end.Length);
            _file.ReadExactly(end);
            MoveTo(_file.Length - end.Length - BinaryPrimitives.ReadUInt32LittleEndian(end), "footer");
            ReadFooter(new ThriftReader(_file));
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>Goes through the pages of columns of a row group, of which the file is read for no more than the headers.</summary>
    /// <exception cref="InvalidDataException">A page is larger than any that is read, or claims more than its bytes can be.</exception>
    public void Check(int group, IReadOnlyList<ParquetColumn> columns)
    {
        if (group >= _groups.Count)
            throw new InvalidDataException($"its footer has no row group {group}");
        foreach (var column in columns)
            if (column.Index < _groups[group].Count)
                Check(_groups[group][column.Index], column);
            else
                throw new InvalidDataException($"its row group {group} has no column '{column.Name}'");
    }

    public void Dispose() => _file.Dispose();

    private void Check(Chunk chunk, ParquetColumn column)
    {
        var position = chunk.DictionaryOffset is > 0 and var dictionary && dictionary < chunk.DataOffset ? dictionary : chunk.DataOffset;
        for (var end = position + Math.Clamp(chunk.Length, 0, _file.Length); position < end;)
        {
            MoveTo(position, $"page of the column '{column.Name}'");
            var page = ReadPage();
            if (page.Length < 0 || page.Compressed < 0 || page.Values < 0)
                throw new InvalidDataException($"a page of its column '{column.Name}' claims a negative size");
            if (page.Length > MostBytesOfAPage)
                throw new InvalidDataException($"a page of its column '{column.Name}' claims {page.Length} bytes once decompressed, at most {MostBytesOfAPage} are held");
            if (page.Kind == DictionaryPage && page.Values > page.Length)
                throw new InvalidDataException($"a dictionary of its column '{column.Name}' claims {page.Values} values in {page.Length} bytes");
            position = _file.Position + page.Compressed;
        }
    }

    /// <summary>FileMetaData: row groups 4; of those columns 1; of those the metadata 3: length 7, data page 9, dictionary page 11.</summary>
    private void ReadFooter(ThriftReader reader) => reader.ReadStruct(structure: field =>
    {
        if (field != 4)
            return false;
        var chunks = new List<Chunk>();
        reader.ReadStruct(structure: field =>
        {
            if (field != 1)
                return false;
            var chunk = new Chunk(0, 0, 0);
            reader.ReadStruct(structure: field =>
            {
                if (field != 3)
                    return false;
                reader.ReadStruct((field, value) => chunk = field switch
                {
                    7 => chunk with { Length = value },
                    9 => chunk with { DataOffset = value },
                    11 => chunk with { DictionaryOffset = value },
                    _ => chunk,
                });
                return true;
            });
            chunks.Add(chunk);
            return true;
        });
        _groups.Add(chunks);
        return true;
    });

    /// <summary>PageHeader: kind 1, length once decompressed 2, in the file 3; the header of a dictionary page 7, its values 1.</summary>
    private Page ReadPage()
    {
        var page = new Page(0, 0, 0, 0);
        var reader = new ThriftReader(_file);
        reader.ReadStruct(
            (field, value) => page = field switch
            {
                1 => page with { Kind = value },
                2 => page with { Length = value },
                3 => page with { Compressed = value },
                _ => page,
            },
            field =>
            {
                if (field != 7)
                    return false;
                reader.ReadStruct((field, value) => page = field == 1 ? page with { Values = value } : page);
                return true;
            });
        return page;
    }

    private void MoveTo(long position, string what) =>
        _file.Position = position >= 0 && position < _file.Length ? position : throw new InvalidDataException($"a {what} is at byte {position} of {_file.Length}");

    private sealed record Chunk(long Length, long DataOffset, long DictionaryOffset);

    private sealed record Page(long Kind, long Length, long Compressed, long Values);
}
