namespace Microsoft.ML.Data;

/// <summary>Which column type carries a .NET type when nothing else is said.</summary>
internal static class PrimitiveType
{
    private static readonly Dictionary<Type, PrimitiveDataViewType> s_types = new PrimitiveDataViewType[]
    {
        NumberDataViewType.SByte, NumberDataViewType.Byte, NumberDataViewType.Int16, NumberDataViewType.UInt16,
        NumberDataViewType.Int32, NumberDataViewType.UInt32, NumberDataViewType.Int64, NumberDataViewType.UInt64,
        NumberDataViewType.Single, NumberDataViewType.Double, BooleanDataViewType.Instance, TextDataViewType.Instance,
        DateTimeDataViewType.Instance, DateTimeOffsetDataViewType.Instance, TimeSpanDataViewType.Instance, RowIdDataViewType.Instance,
    }.ToDictionary(type => type.RawType);

    /// <summary>The type whose values are <paramref name="rawType"/>, or null.</summary>
    public static PrimitiveDataViewType Of(Type rawType) => s_types.GetValueOrDefault(rawType);
}
