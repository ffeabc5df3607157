using Microsoft.ML.Data;

namespace Microsoft.ML.Score.Columns;

/// <summary>The item type and shape that a transformer asks of an input column.</summary>
internal sealed record ColumnKind(PrimitiveDataViewType Item, bool IsVector)
{
    public static readonly ColumnKind Text = new(TextDataViewType.Instance, false);
    public static readonly ColumnKind Singles = new(NumberDataViewType.Single, true);
    public static readonly ColumnKind Integers = new(NumberDataViewType.Int32, true);
    public static readonly ColumnKind Booleans = new(BooleanDataViewType.Instance, true);
    public static readonly ColumnKind Boolean = new(BooleanDataViewType.Instance, false);
    public static readonly ColumnKind Bytes = new(NumberDataViewType.Byte, true);

    public bool Fits(DataViewType type) => IsVector ? type is VectorDataViewType vector && vector.ItemType.Equals(Item) : type.Equals(Item);

    public bool Fits(SchemaShape.Column column) =>
        !column.IsKey && column.ItemType.Equals(Item) && IsVector == (column.Kind != SchemaShape.Column.VectorKind.Scalar);

    public override string ToString() => IsVector ? $"Vector<{Item}>" : Item.ToString()!;
}
