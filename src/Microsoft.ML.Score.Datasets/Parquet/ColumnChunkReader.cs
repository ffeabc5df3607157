using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.Score.Datasets.Parquet;

/// <summary>
/// Reads the pages of a column chunk, of both versions: plain values, dictionaries, runs. A value is a string, a long, a double or a bool;
/// a list is a <see cref="List{T}"/> of them. No memory is taken for more values than the chunk says and the page's bytes can hold.
/// </summary>
internal sealed class ColumnChunkReader(ParquetColumn column, ColumnChunk chunk)
{
    /// <summary>Values of a chunk that are read; annotation files have thousands.</summary>
    public const int MostValues = 1 << 22;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly List<object?> _rows = [];
    private object?[]? _dictionary;

    /// <summary>One value a row.</summary>
    /// <exception cref="InvalidDataException">The chunk is damaged or in an encoding that is not read.</exception>
    public IReadOnlyList<object?> Read(ReadOnlySpan<byte> file, long rowCount)
    {
        if (chunk.ValueCount is < 0 or > MostValues || chunk.Offset < 0 || chunk.Length < 0 || chunk.Offset > file.Length - chunk.Length)
            throw new InvalidDataException($"its column '{column.Name}' claims {chunk.ValueCount} values in {chunk.Length} bytes from {chunk.Offset}; the file has {file.Length}, and at most {MostValues} values are read");

        var bytes = file.Slice((int)chunk.Offset, (int)chunk.Length);
        for (var left = chunk.ValueCount; left > 0;)
        {
            var reader = new ThriftCompactReader(bytes);
            var header = PageHeader.Read(ref reader);
            bytes = bytes[reader.Position..];
            if (header.CompressedSize < 0 || header.CompressedSize > bytes.Length || header.ValueCount < 0 || (header.Type is PageType.Data or PageType.DataV2 && header.ValueCount > left))
                throw new InvalidDataException($"a page of its column '{column.Name}' claims {header.CompressedSize} bytes and {header.ValueCount} values; {bytes.Length} and {left} are left");
            left -= ReadPage(header, bytes[..header.CompressedSize]);
            bytes = bytes[header.CompressedSize..];
        }

        return _rows.Count == rowCount ? _rows : throw new InvalidDataException($"its column '{column.Name}' has {_rows.Count} rows, its row group {rowCount}");
    }

    private int ReadPage(PageHeader header, ReadOnlySpan<byte> page)
    {
        switch (header.Type)
        {
            case PageType.Dictionary:
                _dictionary = ReadPlain(PageCodec.Decompress(page, chunk.Codec, header.UncompressedSize), header.ValueCount);
                return 0;
            case PageType.Index:
                return 0;
            case PageType.Data:
                ReadData(header, PageCodec.Decompress(page, chunk.Codec, header.UncompressedSize));
                return header.ValueCount;
            case PageType.DataV2:
                ReadDataV2(header, page);
                return header.ValueCount;
            default:
                throw new InvalidDataException($"its column '{column.Name}' has a page of the unknown kind {(int)header.Type}");
        }
    }

    private void ReadData(PageHeader header, ReadOnlySpan<byte> page)
    {
        var repetitions = column.IsList ? ReadLevels(TakeSized(ref page), 1, header.ValueCount) : [];
        var definitions = column.MaxDefinition > 0 ? ReadLevels(TakeSized(ref page), column.MaxDefinition, header.ValueCount) : [];
        Append(header, repetitions, definitions, page);
    }

    /// <summary>Levels stand before the values, without compression.</summary>
    private void ReadDataV2(PageHeader header, ReadOnlySpan<byte> page)
    {
        var (repetitionBytes, definitionBytes) = (header.RepetitionBytes, header.DefinitionBytes);
        if (repetitionBytes < 0 || definitionBytes < 0 || (long)repetitionBytes + definitionBytes > page.Length || header.UncompressedSize < repetitionBytes + definitionBytes)
            throw new InvalidDataException($"a page of its column '{column.Name}' claims {repetitionBytes} and {definitionBytes} bytes of levels in {page.Length}");

        var levels = repetitionBytes + definitionBytes;
        var values = page[levels..];
        if (header.IsCompressed && values.Length > 0)
            values = PageCodec.Decompress(values, chunk.Codec, header.UncompressedSize - levels);
        var repetitions = column.IsList ? ReadLevels(page[..repetitionBytes], 1, header.ValueCount) : [];
        var definitions = column.MaxDefinition > 0 ? ReadLevels(page[repetitionBytes..levels], column.MaxDefinition, header.ValueCount) : [];
        Append(header, repetitions, definitions, values);
    }

    private static int[] ReadLevels(ReadOnlySpan<byte> bytes, int max, int count)
    {
        var levels = new int[count];
        HybridDecoder.Decode(bytes, int.Log2(max) + 1, levels);
        return levels.AsSpan().ContainsAnyExceptInRange(0, max) ? throw new InvalidDataException($"a page of it has a level above {max}") : levels;
    }

    /// <summary>Puts values and levels together to rows. A list may go on from the page before.</summary>
    private void Append(PageHeader header, int[] repetitions, int[] definitions, ReadOnlySpan<byte> bytes)
    {
        var present = column.MaxDefinition == 0 ? header.ValueCount : definitions.AsSpan().Count(column.MaxDefinition);
        var values = ReadValues(header.Encoding, bytes, present);
        var next = 0;
        for (var i = 0; i < header.ValueCount; i++)
        {
            var definition = column.MaxDefinition == 0 ? 0 : definitions[i];
            var value = definition == column.MaxDefinition ? values[next++] : null;
            if (!column.IsList)
            {
                _rows.Add(value);
                continue;
            }

            if (repetitions[i] == 0)
                _rows.Add(definition >= column.ElementDefinition - 1 ? new List<object?>() : null);
            if (definition >= column.ElementDefinition)
                (_rows.LastOrDefault() as List<object?> ?? throw new InvalidDataException($"its column '{column.Name}' goes on with a list that was not begun")).Add(value);
        }
    }

    private object?[] ReadValues(int encoding, ReadOnlySpan<byte> bytes, int count)
    {
        const int Plain = 0, PlainDictionary = 2, Runs = 3, RunsOfDictionary = 8;
        if (count == 0)
            return [];
        switch (encoding)
        {
            case Plain:
                return ReadPlain(bytes, count);
            case PlainDictionary or RunsOfDictionary:
                return ReadFromDictionary(bytes, count);
            case Runs when column.Type == PhysicalType.Boolean:
                var bits = new int[count];
                HybridDecoder.Decode(TakeSized(ref bytes), 1, bits);
                return [.. bits.Select(bit => (object)(bit == 1))];
            default:
                throw new InvalidDataException($"its column '{column.Name}' is in encoding {encoding}; plain values (0), dictionaries (2, 8) and runs of booleans (3) are read");
        }
    }

    private object?[] ReadFromDictionary(ReadOnlySpan<byte> bytes, int count)
    {
        if (_dictionary is null || bytes.Length == 0 || bytes[0] > 32)
            throw new InvalidDataException($"its column '{column.Name}' lacks its dictionary or the width of its indices");
        var indices = new int[count];
        HybridDecoder.Decode(bytes[1..], bytes[0], indices);
        if (Array.Exists(indices, index => (uint)index >= (uint)_dictionary.Length))
            throw new InvalidDataException($"its column '{column.Name}' points beyond the {_dictionary.Length} values of its dictionary");
        return Array.ConvertAll(indices, index => _dictionary[index]);
    }

    private object?[] ReadPlain(ReadOnlySpan<byte> bytes, int count)
    {
        // The fewest bits that a value takes, so that memory is taken only for what the page can hold.
        var bits = column.Type switch { PhysicalType.Boolean => 1, PhysicalType.Int64 or PhysicalType.Double => 64, _ => 32 };
        if ((long)count * bits > bytes.Length * 8L)
            throw new InvalidDataException($"a page of its column '{column.Name}' claims {count} values in {bytes.Length} bytes");

        var values = new object?[count];
        for (var i = 0; i < count; i++)
            values[i] = column.Type switch
            {
                PhysicalType.Boolean => (bytes[i / 8] >> (i % 8) & 1) == 1,
                PhysicalType.Int32 => (long)BinaryPrimitives.ReadInt32LittleEndian(bytes[(4 * i)..]),
                PhysicalType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(bytes[(8 * i)..]),
                PhysicalType.Float => (double)BinaryPrimitives.ReadSingleLittleEndian(bytes[(4 * i)..]),
                PhysicalType.Double => BinaryPrimitives.ReadDoubleLittleEndian(bytes[(8 * i)..]),
                _ => Text(TakeSized(ref bytes)),
            };
        return values;
    }

    private string Text(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return s_strict.GetString(bytes);
        }
        catch (DecoderFallbackException exception)
        {
            throw new InvalidDataException($"its column '{column.Name}' has a text that is not UTF-8", exception);
        }
    }

    /// <summary>Bytes with their length before them.</summary>
    private ReadOnlySpan<byte> TakeSized(ref ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < sizeof(uint) || BinaryPrimitives.ReadUInt32LittleEndian(bytes) is var length && length > bytes.Length - sizeof(uint))
            throw new InvalidDataException($"a page of its column '{column.Name}' ends too early");
        var taken = bytes.Slice(sizeof(uint), (int)length);
        bytes = bytes[(sizeof(uint) + (int)length)..];
        return taken;
    }
}
