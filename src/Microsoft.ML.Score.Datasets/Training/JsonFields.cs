using System.Text.Json;

namespace Microsoft.ML.Score.Datasets.Training;

/// <summary>The properties of JSON that may be anything; null where one is absent or of another type.</summary>
internal static class JsonFields
{
    public static long? Number(JsonElement item, string name) => Field(item, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) ? number : null;

    public static string? Text(JsonElement item, string name) => Field(item, name) is { } value ? Text(value) : null;

    /// <summary>The element's text; null where it is none, or holds half a surrogate pair or bytes that are not UTF-8.</summary>
    public static string? Text(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The property; null where there is no such property, it is the JSON null, or a property's name holds half a surrogate pair.</summary>
    public static JsonElement? Field(JsonElement item, string name)
    {
        try
        {
            return item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Whether the names of all properties are Unicode text, so that a field that is not found is not there.</summary>
    public static bool HasReadableNames(JsonElement item)
    {
        try
        {
            return item.EnumerateObject().All(property => property.Name is not null);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
