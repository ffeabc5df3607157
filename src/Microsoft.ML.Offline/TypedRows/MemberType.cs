using System.Reflection;

namespace Microsoft.ML.Data;

/// <summary>Which column type a member has, by its .NET type and attributes.</summary>
internal static class MemberType
{
    public static Type Of(MemberInfo member) =>
        member is FieldInfo field ? field.FieldType : ((PropertyInfo)member).PropertyType;

    public static DataViewType DefaultColumnType(MemberInfo member)
    {
        var type = Of(member);
        var elementType = ElementType(type);
        var itemType = ItemType(member, elementType ?? type);
        if (elementType is not null)
            return new VectorDataViewType(itemType, member.GetCustomAttribute<VectorTypeAttribute>()?.Dimensions ?? [0]);
        if (member.GetCustomAttribute<VectorTypeAttribute>() is not null)
            throw new ArgumentException($"Member '{member.Name}' of {member.DeclaringType} has a vector type but is a {type}, not an array or a VBuffer");
        return itemType;
    }

    private static Type ElementType(Type type) =>
        type.IsArray && type.GetArrayRank() == 1 ? type.GetElementType()
        : type.IsGenericType && type.GetGenericTypeDefinition() == typeof(VBuffer<>) ? type.GetGenericArguments()[0]
        : null;

    private static PrimitiveDataViewType ItemType(MemberInfo member, Type type)
    {
        var itemType = PrimitiveType.Of(type == typeof(string) ? typeof(ReadOnlyMemory<char>) : type)
            ?? throw new ArgumentOutOfRangeException(
                "userType", $"Could not determine an IDataView type for member '{member.Name}' of {member.DeclaringType}: {Of(member)}");
        if (member.GetCustomAttribute<KeyTypeAttribute>() is not { } key)
            return itemType;
        return new KeyDataViewType(type, key.Count ?? DefaultKeyCount(type));
    }

    private static ulong DefaultKeyCount(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Byte => byte.MaxValue,
        TypeCode.UInt16 => ushort.MaxValue,
        TypeCode.UInt32 => uint.MaxValue,
        _ => ulong.MaxValue,
    };
}
