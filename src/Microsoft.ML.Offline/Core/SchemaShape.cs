using System.Collections;
using Microsoft.ML.Data;

namespace Microsoft.ML;

/// <summary>What is known of a schema before any data is seen: names, item types and whether columns are vectors.</summary>
public sealed class SchemaShape : IReadOnlyList<SchemaShape.Column>
{
    private static readonly SchemaShape s_empty = new([]);

    private readonly Column[] _columns;

    public SchemaShape(IEnumerable<Column> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);

        _columns = [.. columns];
    }

    public int Count => _columns.Length;

    public Column this[int index] => _columns[index];

    public IEnumerator<Column> GetEnumerator() => ((IEnumerable<Column>)_columns).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal static SchemaShape Of(DataViewSchema schema) =>
        new(schema.Where(column => !column.IsHidden).Select(column => ShapeOf(column.Name, column.Type, column.Annotations)));

    internal static Column ShapeOf(string name, DataViewType type, DataViewSchema.Annotations annotations)
    {
        var vector = type as VectorDataViewType;
        var itemType = vector?.ItemType ?? type;
        var kind = vector is null ? Column.VectorKind.Scalar
            : vector.IsKnownSize ? Column.VectorKind.Vector
            : Column.VectorKind.VariableVector;
        // A key's count is not part of the shape: its item type is the number that carries it.
        return new Column(
            name,
            kind,
            itemType is KeyDataViewType ? PrimitiveType.Of(itemType.RawType) : itemType,
            itemType is KeyDataViewType,
            annotations.Schema.Count == 0 ? null : Of(annotations.Schema));
    }

    internal bool TryFind(string name, out Column found)
    {
        found = _columns.FirstOrDefault(column => column.Name == name);
        return found.Name is not null;
    }

    /// <summary>The column of that name, or ML.NET's error for a missing one.</summary>
    internal Column Require(string name) =>
        TryFind(name, out var column) ? column : throw SchemaMismatch.Missing(name);

    /// <summary>This shape with columns added; one of the same name is replaced where it stands.</summary>
    internal SchemaShape With(IEnumerable<Column> added)
    {
        var columns = _columns.ToList();
        foreach (var column in added)
        {
            var at = columns.FindIndex(existing => existing.Name == column.Name);
            if (at < 0)
                columns.Add(column);
            else
                columns[at] = column;
        }
        return new SchemaShape(columns);
    }

    /// <summary>The shape of one column; <see cref="Name"/> is null in the default value, which means "absent".</summary>
    public struct Column
    {
        public readonly string Name;
        public readonly VectorKind Kind;
        public readonly DataViewType ItemType;
        public readonly bool IsKey;
        public readonly SchemaShape Annotations;

        internal Column(string name, VectorKind kind, DataViewType itemType, bool isKey, SchemaShape annotations = null)
        {
            Name = name;
            Kind = kind;
            ItemType = itemType;
            IsKey = isKey;
            Annotations = annotations ?? s_empty;
        }

        internal readonly Column Renamed(string name) => new(name, Kind, ItemType, IsKey, Annotations);

        internal readonly string TypeText
        {
            get
            {
                var item = IsKey ? $"Key<{ItemType}>" : ItemType.ToString();
                return Kind switch
                {
                    VectorKind.Vector => $"Vector<{item}>",
                    VectorKind.VariableVector => $"VarVector<{item}>",
                    _ => item,
                };
            }
        }

        /// <summary>Whether a column is one item, a vector of known size or a vector of any size.</summary>
        public enum VectorKind
        {
            Scalar = 0,
            Vector = 1,
            VariableVector = 2,
        }
    }
}
