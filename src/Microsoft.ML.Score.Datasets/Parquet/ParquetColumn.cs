namespace Microsoft.ML.Score.Datasets.Parquet;

/// <summary>Parquet's physical types, with their numbers in the format.</summary>
internal enum PhysicalType
{
    Boolean, Int32, Int64, Int96, Float, Double, ByteArray, FixedLengthByteArray,
}

/// <summary>A column of single values, or of lists of them.</summary>
/// <param name="Name">The field's name.</param>
/// <param name="Type">The physical type of a value.</param>
/// <param name="MaxDefinition">The definition level at which a value is there.</param>
/// <param name="ElementDefinition">The definition level from which on a list has an element, perhaps a null; 0 when the column is of single values.</param>
internal sealed record ParquetColumn(string Name, PhysicalType Type, int MaxDefinition, int ElementDefinition)
{
    public bool IsList => ElementDefinition > 0;
}

/// <summary>An element of the schema, which is a tree written in depth-first order.</summary>
/// <param name="Name">The field's name.</param>
/// <param name="Type">The physical type; null for a group.</param>
/// <param name="Repetition">0 for required, 1 for optional, 2 for repeated.</param>
/// <param name="Children">How many elements the group holds.</param>
/// <param name="IsText">Whether the bytes are UTF-8.</param>
/// <param name="IsScaled">Whether the numbers are decimals, dates or times.</param>
internal sealed record SchemaElement(string Name, int? Type, int Repetition, int Children, bool IsText, bool IsScaled)
{
    private const int Optional = 1;
    private const int Repeated = 2;

    public static SchemaElement Read(ref ThriftCompactReader reader)
    {
        var (name, type, repetition, children, isText, isScaled) = ("", (int?)null, 0, 0, false, false);
        reader.EnterStruct();
        for (var id = 0; reader.NextField(ref id);)
            switch (id)
            {
                case 1:
                    type = reader.ReadInt32();
                    break;
                case 3:
                    repetition = reader.ReadInt32();
                    break;
                case 4:
                    name = reader.ReadText();
                    break;
                case 5:
                    children = reader.ReadInt32();
                    break;
                case 6:
                    var converted = reader.ReadInt32();
                    isText |= converted is 0 or 4 or 19; // UTF8, ENUM, JSON
                    isScaled |= converted is >= 5 and <= 10; // DECIMAL, DATE to TIMESTAMP_MICROS
                    break;
                case 10:
                    // A union: a struct of one field, whose number tells the kind.
                    reader.EnterStruct();
                    for (var kind = 0; reader.NextField(ref kind); reader.Skip())
                    {
                        isText |= kind is 1 or 4 or 12; // STRING, ENUM, JSON
                        isScaled |= kind is >= 5 and <= 8; // DECIMAL, DATE, TIME, TIMESTAMP
                    }

                    break;
                default:
                    reader.Skip();
                    break;
            }

        return repetition is >= 0 and <= 2 && children >= 0
            ? new SchemaElement(name, type, repetition, children, isText, isScaled)
            : throw new InvalidDataException($"the field '{name}' of its schema has repetition {repetition} and {children} children");
    }

    /// <summary>The columns by path, those that are single values or lists of them; others (structs, maps, lists of lists, binary values, decimals, dates and times) are left out.</summary>
    public static IReadOnlyDictionary<string, ParquetColumn> Columns(IReadOnlyList<SchemaElement> schema)
    {
        if (schema.Count == 0 || schema[0].Type is not null)
            throw new InvalidDataException("its schema has no root");

        var columns = new Dictionary<string, ParquetColumn>(StringComparer.Ordinal);
        var next = 1;
        for (var child = 0; child < schema[0].Children; child++)
        {
            var start = next;
            next = End(schema, start, depth: 0);
            if (Column(schema, start, next) is not var (path, column))
                continue;
            if (!columns.TryAdd(path, column) || columns.Values.Count(other => other.Name == column.Name) > 1)
                throw new InvalidDataException($"its schema has the column '{column.Name}' twice");
        }

        return columns;
    }

    private static (string Path, ParquetColumn Column)? Column(IReadOnlyList<SchemaElement> schema, int start, int end)
    {
        var field = schema[start];
        var optional = field.Repetition == Optional ? 1 : 0;
        if (end - start == 1 && field.Repetition != Repeated && field.HasReadableType)
            return (field.Name, new ParquetColumn(field.Name, (PhysicalType)field.Type!, optional, ElementDefinition: 0));

        // optional group field (LIST) { repeated group list { optional T element } }
        if (end - start != 3 || field.Repetition == Repeated || field.Children != 1 || schema[start + 1] is not { Repetition: Repeated, Children: 1 } list
            || schema[start + 2] is not { Repetition: not Repeated, HasReadableType: true } element)
            return null;
        var nullable = element.Repetition == Optional ? 1 : 0;
        return ($"{field.Name}.{list.Name}.{element.Name}", new ParquetColumn(field.Name, (PhysicalType)element.Type!, optional + 1 + nullable, optional + 1));
    }

    /// <summary>Whole numbers that stand for something else (decimals, dates, times) are not read as what they are not.</summary>
    private bool HasReadableType => (PhysicalType?)Type switch
    {
        PhysicalType.Boolean or PhysicalType.Float or PhysicalType.Double => true,
        PhysicalType.Int32 or PhysicalType.Int64 => !IsScaled,
        PhysicalType.ByteArray => IsText,
        _ => false,
    };

    /// <summary>The index after an element's descendants.</summary>
    private static int End(IReadOnlyList<SchemaElement> schema, int start, int depth)
    {
        if (start >= schema.Count || depth > 24)
            throw new InvalidDataException("its schema names more children than it has, or is nested too deep");
        var next = start + 1;
        for (var child = 0; child < schema[start].Children; child++)
            next = End(schema, next, depth + 1);
        return next;
    }
}
