using System.Linq.Expressions;
using System.Reflection;

namespace Microsoft.ML.Data;

/// <summary>Joins a member of <typeparamref name="TRow"/> and a column: reads the column out of objects, or writes it into them.</summary>
internal abstract class MemberBinding<TRow>
    where TRow : class
{
    public string ColumnName { get; private init; }

    public DataViewType ColumnType { get; private init; }

    public DataViewSchema.Annotations Annotations { get; private init; }

    /// <summary>Whether the column's values can be written into the member.</summary>
    public abstract bool Accepts(DataViewType columnType);

    /// <summary>A getter of the column over the object that <paramref name="current"/> gives.</summary>
    public abstract Delegate GetterFrom(Func<TRow> current);

    /// <summary>Writes the column's value at the row's position into an object.</summary>
    public abstract Action<TRow> SetterFrom(DataViewRow row, DataViewSchema.Column column);

    public static MemberBinding<TRow>[] All(SchemaDefinition definition, SchemaDefinition.Direction direction) =>
        [.. (definition ?? SchemaDefinition.Create(typeof(TRow), direction)).Select(Create)];

    private static MemberBinding<TRow> Create(SchemaDefinition.Column column)
    {
        var member = typeof(TRow).GetMember(column.MemberName, MemberTypes.Field | MemberTypes.Property, BindingFlags.Public | BindingFlags.Instance).FirstOrDefault()
            ?? throw new ArgumentException($"{typeof(TRow)} has no public field or property '{column.MemberName}'");
        var memberType = MemberType.Of(member);
        var valueType = column.ColumnType.RawType;
        if (memberType == typeof(string) && valueType == typeof(ReadOnlyMemory<char>))
            return Typed(member, column, (string text, ref ReadOnlyMemory<char> value) => value = text.AsMemory(), (in ReadOnlyMemory<char> value, ref string text) => text = value.ToString());
        if (memberType == typeof(string[]) && valueType == typeof(VBuffer<ReadOnlyMemory<char>>))
            return Typed<string[], VBuffer<ReadOnlyMemory<char>>>(member, column, ToVector, ToStrings);
        if (memberType.IsArray && valueType == typeof(VBuffer<>).MakeGenericType(memberType.GetElementType()))
            return (MemberBinding<TRow>)Getters.CallGeneric(OfArray<int>, [memberType.GetElementType()], member, column);
        if (memberType != valueType)
            throw new ArgumentOutOfRangeException(
                nameof(column), $"Can't bind the IDataView column '{column.ColumnName}' of type '{column.ColumnType}' to field or property '{member.Name}' of type '{memberType}'.");
        return valueType.IsGenericType && valueType.GetGenericTypeDefinition() == typeof(VBuffer<>)
            ? (MemberBinding<TRow>)Getters.CallGeneric(OfBuffer<int>, valueType.GetGenericArguments(), member, column)
            : (MemberBinding<TRow>)Getters.CallGeneric(OfValue<int>, [valueType], member, column);
    }

    private static MemberBinding<TRow> OfValue<TValue>(MemberInfo member, SchemaDefinition.Column column) =>
        Typed(member, column, (TValue source, ref TValue value) => value = source, (in TValue value, ref TValue target) => target = value);

    private static MemberBinding<TRow> OfBuffer<TItem>(MemberInfo member, SchemaDefinition.Column column) =>
        Typed(
            member,
            column,
            (VBuffer<TItem> source, ref VBuffer<TItem> value) => source.CopyTo(ref value),
            (in VBuffer<TItem> value, ref VBuffer<TItem> target) => value.CopyTo(ref target));

    private static MemberBinding<TRow> OfArray<TItem>(MemberInfo member, SchemaDefinition.Column column) =>
        Typed(
            member,
            column,
            (TItem[] source, ref VBuffer<TItem> value) => VBuffer<TItem>.Copy(source, 0, ref value, source?.Length ?? 0),
            (in VBuffer<TItem> value, ref TItem[] target) =>
            {
                if (target?.Length != value.Length)
                    target = new TItem[value.Length];
                value.CopyTo(target);
            });

    private static void ToVector(string[] source, ref VBuffer<ReadOnlyMemory<char>> value)
    {
        var editor = VBufferEditor.Create(ref value, source?.Length ?? 0);
        for (var i = 0; i < editor.Values.Length; i++)
            editor.Values[i] = source[i].AsMemory();
        value = editor.Commit();
    }

    private static void ToStrings(in VBuffer<ReadOnlyMemory<char>> value, ref string[] target) =>
        target = [.. value.DenseValues().Select(text => text.ToString())];

    private static MemberBinding<TRow> Typed<TMember, TValue>(MemberInfo member, SchemaDefinition.Column column, ToValue<TMember, TValue> toValue, ToMember<TMember, TValue> toMember) =>
        new Binding<TMember, TValue>(member, toValue, toMember)
        {
            ColumnName = column.ColumnName,
            ColumnType = column.ColumnType,
            Annotations = column.Annotations,
        };

    private delegate void ToValue<TMember, TValue>(TMember member, ref TValue value);

    private delegate void ToMember<TMember, TValue>(in TValue value, ref TMember member);

    private sealed class Binding<TMember, TValue>(MemberInfo member, ToValue<TMember, TValue> toValue, ToMember<TMember, TValue> toMember) : MemberBinding<TRow>
    {
        public override bool Accepts(DataViewType columnType) => columnType.RawType == typeof(TValue);

        public override Delegate GetterFrom(Func<TRow> current)
        {
            var read = Reader();
            return (ValueGetter<TValue>)((ref TValue value) => toValue(read(current()), ref value));
        }

        public override Action<TRow> SetterFrom(DataViewRow row, DataViewSchema.Column column)
        {
            var read = member is PropertyInfo { CanRead: false } ? _ => default : Reader();
            var write = Writer();
            var getter = row.GetGetter<TValue>(column);
            TValue value = default;
            return target =>
            {
                getter(ref value);
                var updated = read(target);
                toMember(in value, ref updated);
                write(target, updated);
            };
        }

        private Func<TRow, TMember> Reader()
        {
            var row = Expression.Parameter(typeof(TRow));
            return Expression.Lambda<Func<TRow, TMember>>(Expression.MakeMemberAccess(row, member), row).Compile();
        }

        private Action<TRow, TMember> Writer()
        {
            var row = Expression.Parameter(typeof(TRow));
            var value = Expression.Parameter(typeof(TMember));
            return Expression.Lambda<Action<TRow, TMember>>(Expression.Assign(Expression.MakeMemberAccess(row, member), value), row, value).Compile();
        }
    }
}
