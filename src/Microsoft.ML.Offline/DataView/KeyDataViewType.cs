namespace Microsoft.ML.Data;

/// <summary>A category number: 0 is missing, 1 to <see cref="Count"/> are the categories.</summary>
public sealed class KeyDataViewType : PrimitiveDataViewType
{
    public KeyDataViewType(Type type, ulong count)
        : base(type)
    {
        if (!IsValidDataType(type))
            throw new ArgumentOutOfRangeException(nameof(type), $"A key is a byte, ushort, uint or ulong, got {type}");
        if (count == 0 || count > MaxValue(type))
            throw new ArgumentOutOfRangeException(nameof(count), $"The number of key values must be between 1 and {MaxValue(type)}, got {count}");

        Count = count;
    }

    public KeyDataViewType(Type type, int count)
        : this(type, count < 0 ? 0 : (ulong)count)
    {
    }

    public ulong Count { get; }

    public static bool IsValidDataType(Type type)
    {
        ArgumentNullException.ThrowIfNull(type);

        return type == typeof(byte) || type == typeof(ushort) || type == typeof(uint) || type == typeof(ulong);
    }

    public override bool Equals(DataViewType other) => other is KeyDataViewType key && key.RawType == RawType && key.Count == Count;

    public override bool Equals(object other) => other is DataViewType type && Equals(type);

    public override int GetHashCode() => HashCode.Combine(RawType, Count);

    public override string ToString() => $"Key<{RawType.Name}, 0-{Count - 1}>";

    private static ulong MaxValue(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Byte => byte.MaxValue,
        TypeCode.UInt16 => ushort.MaxValue,
        TypeCode.UInt32 => uint.MaxValue,
        _ => ulong.MaxValue,
    };
}
