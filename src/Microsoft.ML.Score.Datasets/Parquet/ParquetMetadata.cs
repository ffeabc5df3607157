using System.Buffers.Binary;

namespace Microsoft.ML.Score.Datasets.Parquet;

/// <summary>The values of one column in one row group.</summary>
internal sealed record ColumnChunk(string Path, int Codec, long ValueCount, long Offset, long Length);

/// <summary>Rows whose columns lie together.</summary>
internal sealed record RowGroup(IReadOnlyList<ColumnChunk> Columns, long RowCount);

/// <summary>A file's footer.</summary>
internal sealed record ParquetMetadata(IReadOnlyDictionary<string, ParquetColumn> Columns, IReadOnlyList<RowGroup> RowGroups)
{
    /// <summary>Magic bytes, the footer's length and magic bytes again.</summary>
    private const int LeastLength = 12;

    public static ParquetMetadata Read(ReadOnlySpan<byte> file)
    {
        if (file.Length < LeastLength || !file.StartsWith("PAR1"u8) || !file.EndsWith("PAR1"u8))
            throw new InvalidDataException(file.EndsWith("PARE"u8) ? "it is encrypted" : "it is no Parquet file");
        var length = BinaryPrimitives.ReadUInt32LittleEndian(file[^8..]);
        if (length > file.Length - LeastLength)
            throw new InvalidDataException($"its footer claims {length} of {file.Length} bytes");

        var reader = new ThriftCompactReader(file[^(int)(length + 8)..^8]);
        var (schema, groups, rows) = (new List<SchemaElement>(), new List<RowGroup>(), 0L);
        for (var id = 0; reader.NextField(ref id);)
            switch (id)
            {
                case 2:
                    for (var left = reader.EnterList(); left > 0; left--)
                        schema.Add(SchemaElement.Read(ref reader));
                    break;
                case 3:
                    rows = reader.ReadInteger();
                    break;
                case 4:
                    for (var left = reader.EnterList(); left > 0; left--)
                        groups.Add(ReadRowGroup(ref reader));
                    break;
                default:
                    reader.Skip();
                    break;
            }

        if (groups.Any(group => group.RowCount is < 0 or > ColumnChunkReader.MostValues) || groups.Sum(group => group.RowCount) != rows)
            throw new InvalidDataException($"it has {rows} rows, which its row groups do not add up to, or a group has more than {ColumnChunkReader.MostValues}");
        return new ParquetMetadata(SchemaElement.Columns(schema), groups);
    }

    private static RowGroup ReadRowGroup(ref ThriftCompactReader reader)
    {
        var (columns, rows) = (new List<ColumnChunk>(), 0L);
        reader.EnterStruct();
        for (var id = 0; reader.NextField(ref id);)
            switch (id)
            {
                case 1:
                    for (var left = reader.EnterList(); left > 0; left--)
                        columns.Add(ReadColumnChunk(ref reader));
                    break;
                case 3:
                    rows = reader.ReadInteger();
                    break;
                default:
                    reader.Skip();
                    break;
            }

        return new RowGroup(columns, rows);
    }

    private static ColumnChunk ReadColumnChunk(ref ThriftCompactReader reader)
    {
        ColumnChunk? chunk = null;
        reader.EnterStruct();
        for (var id = 0; reader.NextField(ref id);)
            switch (id)
            {
                case 1:
                    throw new InvalidDataException($"it keeps a column in another file, '{reader.ReadText()}'");
                case 3:
                    chunk = ReadColumnMetadata(ref reader);
                    break;
                default:
                    reader.Skip();
                    break;
            }

        return chunk ?? throw new InvalidDataException("it has a column without metadata");
    }

    private static ColumnChunk ReadColumnMetadata(ref ThriftCompactReader reader)
    {
        var (path, codec, values, length, data, dictionary) = (new List<string>(), 0, 0L, 0L, 0L, 0L);
        reader.EnterStruct();
        for (var id = 0; reader.NextField(ref id);)
            switch (id)
            {
                case 3:
                    for (var left = reader.EnterList(); left > 0; left--)
                        path.Add(reader.ReadText());
                    break;
                case 4:
                    codec = reader.ReadInt32();
                    break;
                case 5:
                    values = reader.ReadInteger();
                    break;
                case 7:
                    length = reader.ReadInteger();
                    break;
                case 9:
                    data = reader.ReadInteger();
                    break;
                case 11:
                    dictionary = reader.ReadInteger();
                    break;
                default:
                    reader.Skip();
                    break;
            }

        return new ColumnChunk(string.Join('.', path), codec, values, dictionary > 0 ? Math.Min(dictionary, data) : data, length);
    }
}
