using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.Data;

/// <summary>An annotation's value in a model file: JSON of the value, a vector as an array.</summary>
internal static class ValueFile
{
    public static void Write(BinaryWriter writer, DataViewType type, Delegate getter) =>
        writer.Write((string)Getters.CallGeneric(type is VectorDataViewType ? VectorToJson<int> : ScalarToJson<int>, [ItemType(type)], getter));

    public static Delegate Read(BinaryReader reader, DataViewType type) =>
        (Delegate)Getters.CallGeneric(type is VectorDataViewType ? VectorFromJson<int> : ScalarFromJson<int>, [ItemType(type)], reader.ReadString());

    private static Type ItemType(DataViewType type) => (type as VectorDataViewType)?.ItemType.RawType ?? type.RawType;

    private static string ScalarToJson<TItem>(Delegate getter)
    {
        TItem value = default;
        ((ValueGetter<TItem>)getter)(ref value);
        return JsonSerializer.Serialize(ToText(value));
    }

    private static string VectorToJson<TItem>(Delegate getter)
    {
        VBuffer<TItem> value = default;
        ((ValueGetter<VBuffer<TItem>>)getter)(ref value);
        return JsonSerializer.Serialize(value.DenseValues().Select(ToText).ToArray());
    }

    private static Delegate ScalarFromJson<TItem>(string json)
    {
        var item = FromText<TItem>(JsonSerializer.Deserialize<string>(json));
        return (ValueGetter<TItem>)((ref TItem value) => value = item);
    }

    private static Delegate VectorFromJson<TItem>(string json)
    {
        var items = Array.ConvertAll(JsonSerializer.Deserialize<string[]>(json), FromText<TItem>);
        return (ValueGetter<VBuffer<TItem>>)((ref VBuffer<TItem> value) => VBuffer<TItem>.Copy(items, 0, ref value, items.Length));
    }

    private static string ToText<TItem>(TItem item) => item switch
    {
        ReadOnlyMemory<char> text => text.ToString(),
        DateTime time => time.ToString("O", CultureInfo.InvariantCulture),
        DateTimeOffset time => time.ToString("O", CultureInfo.InvariantCulture),
        IFormattable value => value.ToString(null, CultureInfo.InvariantCulture),
        _ => item.ToString(),
    };

    private static TItem FromText<TItem>(string text)
    {
        object value = default(TItem) switch
        {
            ReadOnlyMemory<char> => text.AsMemory(),
            DateTime => DateTime.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind),
            DateTimeOffset => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind),
            TimeSpan => TimeSpan.Parse(text, CultureInfo.InvariantCulture),
            DataViewRowId => new DataViewRowId(Convert.ToUInt64(text[16..], 16), Convert.ToUInt64(text[..16], 16)),
            _ => Convert.ChangeType(text, typeof(TItem), CultureInfo.InvariantCulture),
        };
        return (TItem)value;
    }
}
