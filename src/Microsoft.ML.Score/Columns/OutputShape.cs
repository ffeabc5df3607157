using Microsoft.ML.Data;

namespace Microsoft.ML.Score.Columns;

/// <summary>
/// Adds columns to a <see cref="SchemaShape"/>. ML.NET does not let outside assemblies construct <see cref="SchemaShape.Column"/>,
/// so each column is taken from the shape that a custom mapping with that output promises.
/// </summary>
internal static class OutputShape
{
    private static readonly MLContext s_context = new();
    private static readonly SchemaShape s_empty = new([]);

    /// <summary>The input's columns, except those that a new one hides, and then the new ones.</summary>
    public static SchemaShape Append(SchemaShape inputSchema, params IReadOnlyList<DataViewSchema.DetachedColumn> added)
    {
        var hidden = added.Select(column => column.Name).ToHashSet();
        return new SchemaShape([.. inputSchema.Where(column => !hidden.Contains(column.Name)), .. added.Select(Column)]);
    }

    private static SchemaShape.Column Column(DataViewSchema.DetachedColumn column) => column.Type switch
    {
        TextDataViewType => Column<string>(column),
        BooleanDataViewType => Column<bool>(column),
        var type when ColumnKind.Singles.Fits(type) => Column<float[]>(column),
        var type when ColumnKind.Integers.Fits(type) => Column<int[]>(column),
        var type when ColumnKind.Booleans.Fits(type) => Column<bool[]>(column),
        var type => throw new NotSupportedException($"No transformer here adds a column of type {type}."),
    };

    private static SchemaShape.Column Column<TValue>(DataViewSchema.DetachedColumn column)
    {
        var definition = SchemaDefinition.Create(typeof(Cell<TValue>));
        definition[0].ColumnName = column.Name;
        definition[0].ColumnType = column.Type;
        return s_context.Transforms.CustomMapping<Nothing, Cell<TValue>>((_, _) => { }, null!, outputSchemaDefinition: definition)
            .GetOutputSchema(s_empty).Single();
    }

    private sealed class Nothing;

    private sealed class Cell<TValue>
    {
        public TValue Value = default!;
    }
}
