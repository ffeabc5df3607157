using System.Reflection;

namespace Microsoft.ML.Data;

/// <summary>How the public fields and properties of a class become columns; change it to rename or retype them.</summary>
public sealed class SchemaDefinition : List<SchemaDefinition.Column>
{
    private SchemaDefinition()
    {
    }

    public Column this[string columnName]
    {
        get => Find(column => column.ColumnName == columnName)
            ?? throw new ArgumentOutOfRangeException(nameof(columnName), $"Column '{columnName}' not found in the schema definition");

        set
        {
            ArgumentNullException.ThrowIfNull(value);
            if (value.ColumnName != columnName)
                throw new ArgumentException($"The column's own name is '{value.ColumnName}', not '{columnName}'", nameof(value));

            var at = FindIndex(column => column.ColumnName == columnName);
            if (at < 0)
                Add(value);
            else
                this[at] = value;
        }
    }

    public static SchemaDefinition Create(Type userType, Direction direction = Direction.Both)
    {
        ArgumentNullException.ThrowIfNull(userType);

        var definition = new SchemaDefinition();
        var members = userType.GetFields(BindingFlags.Public | BindingFlags.Instance).Where(field => !(field.IsInitOnly && direction.HasFlag(Direction.Write))).Cast<MemberInfo>()
            .Concat(userType.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => IsUsable(property, direction)))
            .Where(member => member.GetCustomAttribute<NoColumnAttribute>() is null);
        foreach (var member in members)
        {
            var name = member.GetCustomAttribute<ColumnNameAttribute>()?.Name ?? member.Name;
            if (definition.Exists(column => column.ColumnName == name))
                throw new ArgumentException($"Two members of {userType} give the column '{name}'", nameof(userType));
            definition.Add(new Column(member.Name, MemberType.DefaultColumnType(member), name));
        }
        return definition;
    }

    private static bool IsUsable(PropertyInfo property, Direction direction) =>
        property.GetIndexParameters().Length == 0
        && (!direction.HasFlag(Direction.Read) || property.GetGetMethod() is not null)
        && (!direction.HasFlag(Direction.Write) || property.GetSetMethod() is not null);

    /// <summary>Which way values flow: read from objects, written into them, or both.</summary>
    [Flags]
    public enum Direction
    {
        Read = 1,
        Write = 2,
        Both = 3,
    }

    /// <summary>How one member becomes a column.</summary>
    public sealed class Column
    {
        private readonly DataViewSchema.Annotations.Builder _annotations = new();

        internal Column(string memberName, DataViewType columnType, string columnName = null)
        {
            MemberName = memberName;
            ColumnType = columnType;
            ColumnName = columnName ?? memberName;
        }

        public string MemberName { get; }

        public string ColumnName { get; set; }

        public DataViewType ColumnType { get; set; }

        public DataViewSchema.Annotations Annotations => _annotations.ToAnnotations();

        public void AddAnnotation<T>(string kind, T value, DataViewType annotationType) =>
            _annotations.Add<T>(kind, annotationType, (ref T target) => target = value);

        internal void AddAnnotations(DataViewSchema.Annotations annotations) => _annotations.Add(annotations, _ => true);
    }
}
