using ParquetSharp;
using ParquetSharp.Schema;

namespace Microsoft.ML.Score.Datasets.Parquet;

/// <summary>A column of single values, or of lists of them.</summary>
/// <param name="Name">The field's name.</param>
/// <param name="Index">Its number among the file's columns.</param>
/// <param name="Type">The physical type of a value.</param>
/// <param name="Meaning">What the bytes or numbers stand for.</param>
/// <param name="MaxDefinition">The definition level at which a value is there.</param>
/// <param name="ElementDefinition">The definition level from which on a list has an element, perhaps a null; 0 when the column is of single values.</param>
internal sealed record ParquetColumn(string Name, int Index, PhysicalType Type, ValueMeaning Meaning, short MaxDefinition, short ElementDefinition)
{
    public bool IsList => ElementDefinition > 0;

    /// <summary>The columns that are read.</summary>
    /// <exception cref="InvalidDataException">Two of them have one name.</exception>
    public static IReadOnlyList<ParquetColumn> Find(SchemaDescriptor schema)
    {
        var columns = new List<ParquetColumn>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var index = 0; index < schema.NumColumns; index++)
            if (Describe(schema.Column(index), index) is { } column)
                columns.Add(names.Add(column.Name) ? column : throw new InvalidDataException($"its schema has the column '{column.Name}' twice"));
        return columns;
    }

    private static ParquetColumn? Describe(ColumnDescriptor leaf, int index)
    {
        if (leaf.MaxRepetitionLevel > 1 || MeaningOf(leaf) is not { } meaning)
            return null;
        var path = new List<Node>();
        for (Node? node = leaf.SchemaNode; node is { Parent: { } parent }; node = parent)
            path.Insert(0, node);

        // A list is optional group NAME (LIST) { repeated group list { optional T element } }, of older writers { repeated T element } or repeated T NAME.
        var field = path[0];
        var optional = field.Repetition == Repetition.Optional ? 1 : 0;
        var isList = path switch
        {
            [_] => field.Repetition == Repetition.Repeated,
            [GroupNode { FieldCount: 1, Repetition: not Repetition.Repeated }, { Repetition: Repetition.Repeated }] => true,
            [GroupNode { FieldCount: 1, Repetition: not Repetition.Repeated }, GroupNode { FieldCount: 1, Repetition: Repetition.Repeated }, { Repetition: not Repetition.Repeated }] => true,
            _ => (bool?)null,
        };
        if (isList is null || (path.Count > 1 && field.LogicalType.Type is not (LogicalTypeEnum.List or LogicalTypeEnum.None)))
            return null;
        return new ParquetColumn(field.Name, index, leaf.PhysicalType, meaning, leaf.MaxDefinitionLevel, (short)(isList.Value ? optional + 1 : 0));
    }

    /// <summary>Null where the numbers or bytes stand for something that is not read: decimals, dates, times, identifiers.</summary>
    private static ValueMeaning? MeaningOf(ColumnDescriptor leaf) => (leaf.PhysicalType, leaf.LogicalType) switch
    {
        (PhysicalType.Boolean or PhysicalType.Float or PhysicalType.Double, { Type: LogicalTypeEnum.None }) => ValueMeaning.AsItStands,
        (PhysicalType.Int32 or PhysicalType.Int64, IntLogicalType { IsSigned: false }) => ValueMeaning.Unsigned,
        (PhysicalType.Int32 or PhysicalType.Int64, { Type: LogicalTypeEnum.None or LogicalTypeEnum.Int or LogicalTypeEnum.Nil }) => ValueMeaning.AsItStands,
        (PhysicalType.ByteArray, { Type: LogicalTypeEnum.String or LogicalTypeEnum.Enum or LogicalTypeEnum.Json }) => ValueMeaning.Text,
        (PhysicalType.ByteArray, { Type: LogicalTypeEnum.None }) => ValueMeaning.Bytes,
        _ => null,
    };
}

/// <summary>What the values of a column stand for.</summary>
internal enum ValueMeaning
{
    /// <summary>Booleans and numbers as they are stored.</summary>
    AsItStands,

    /// <summary>Whole numbers without a sign.</summary>
    Unsigned,

    /// <summary>UTF-8.</summary>
    Text,

    /// <summary>Bytes without a meaning, as which some writers store texts; those that are no text are read as null.</summary>
    Bytes,
}
