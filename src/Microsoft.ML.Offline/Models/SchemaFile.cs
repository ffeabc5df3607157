namespace Microsoft.ML.Data;

/// <summary>
/// A schema in a model file: columns with types and annotations. Columns of types that are not of this library are left out, as ML.NET does.
/// </summary>
internal static class SchemaFile
{
    private const int Version = 1;
    private const int MaxColumns = 1_000_000;

    private static readonly PrimitiveDataViewType[] s_primitives =
    [
        BooleanDataViewType.Instance, TextDataViewType.Instance, NumberDataViewType.SByte, NumberDataViewType.Byte, NumberDataViewType.Int16,
        NumberDataViewType.UInt16, NumberDataViewType.Int32, NumberDataViewType.UInt32, NumberDataViewType.Int64, NumberDataViewType.UInt64,
        NumberDataViewType.Single, NumberDataViewType.Double, DateTimeDataViewType.Instance, DateTimeOffsetDataViewType.Instance,
        TimeSpanDataViewType.Instance, RowIdDataViewType.Instance,
    ];

    private enum Shape : byte
    {
        Primitive,
        Key,
        Vector,
    }

    public static void Write(BinaryWriter writer, DataViewSchema schema)
    {
        writer.Write(Version);
        WriteColumns(writer, schema);
    }

    public static DataViewSchema Read(BinaryReader reader)
    {
        var version = reader.ReadInt32();
        if (version != Version)
            throw new InvalidDataException($"The model's schema has version {version}; this library reads version {Version}");

        var builder = new DataViewSchema.Builder();
        for (var remaining = ReadCount(reader); remaining > 0; remaining--)
        {
            var name = reader.ReadString();
            var type = ReadType(reader);
            builder.AddColumn(name, type, ReadAnnotations(reader));
        }
        return builder.ToSchema();
    }

    private static void WriteColumns(BinaryWriter writer, DataViewSchema schema)
    {
        var columns = schema.Where(column => CanWrite(column.Type)).ToArray();
        writer.Write(columns.Length);
        foreach (var column in columns)
        {
            writer.Write(column.Name);
            WriteType(writer, column.Type);
            WriteAnnotations(writer, column.Annotations);
        }
    }

    private static void WriteAnnotations(BinaryWriter writer, DataViewSchema.Annotations annotations)
    {
        var kinds = annotations.Schema.Where(kind => !kind.IsHidden && CanWrite(kind.Type)).ToArray();
        writer.Write(kinds.Length);
        foreach (var kind in kinds)
        {
            writer.Write(kind.Name);
            WriteType(writer, kind.Type);
            ValueFile.Write(writer, kind.Type, annotations.UntypedGetter(kind.Index));
        }
    }

    private static DataViewSchema.Annotations ReadAnnotations(BinaryReader reader)
    {
        var builder = new DataViewSchema.Annotations.Builder();
        for (var remaining = ReadCount(reader); remaining > 0; remaining--)
        {
            var name = reader.ReadString();
            var type = ReadType(reader);
            builder.Add(name, type, ValueFile.Read(reader, type));
        }
        return builder.ToAnnotations();
    }

    private static bool CanWrite(DataViewType type) => type switch
    {
        VectorDataViewType vector => CanWrite(vector.ItemType),
        KeyDataViewType => true,
        _ => s_primitives.Contains(type),
    };

    private static void WriteType(BinaryWriter writer, DataViewType type)
    {
        switch (type)
        {
            case VectorDataViewType vector:
                writer.Write((byte)Shape.Vector);
                WriteType(writer, vector.ItemType);
                writer.Write(vector.Dimensions.Length);
                foreach (var dimension in vector.Dimensions)
                    writer.Write(dimension);
                break;
            case KeyDataViewType key:
                writer.Write((byte)Shape.Key);
                writer.Write(PrimitiveType.Of(key.RawType).ToString());
                writer.Write(key.Count);
                break;
            default:
                writer.Write((byte)Shape.Primitive);
                writer.Write(type.ToString());
                break;
        }
    }

    private static DataViewType ReadType(BinaryReader reader)
    {
        var shape = (Shape)reader.ReadByte();
        switch (shape)
        {
            case Shape.Vector:
                var itemType = ReadType(reader) as PrimitiveDataViewType
                    ?? throw new InvalidDataException("The model's schema has a vector of vectors");
                return new VectorDataViewType(itemType, Enumerable.Range(0, ReadCount(reader)).Select(_ => reader.ReadInt32()).ToArray());
            case Shape.Key:
                return new KeyDataViewType(ReadPrimitive(reader).RawType, reader.ReadUInt64());
            case Shape.Primitive:
                return ReadPrimitive(reader);
            default:
                throw new InvalidDataException($"The model's schema has a type of an unknown shape, {shape}");
        }
    }

    private static PrimitiveDataViewType ReadPrimitive(BinaryReader reader)
    {
        var name = reader.ReadString();
        return s_primitives.FirstOrDefault(type => type.ToString() == name)
            ?? throw new InvalidDataException($"The model's schema has an unknown type, '{name}'");
    }

    private static int ReadCount(BinaryReader reader)
    {
        var count = reader.ReadInt32();
        return count is >= 0 and <= MaxColumns ? count : throw new InvalidDataException($"The model's schema has a count of {count}, expected 0 to {MaxColumns}");
    }
}
