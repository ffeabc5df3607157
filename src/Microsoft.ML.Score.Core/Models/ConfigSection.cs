using System.Text.Json;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Models;

/// <summary>
/// One object of a checkpoint's config.json. Keys that are absent or null take the default given, as in the original classes; a value of
/// the wrong kind is an error that names file, key and value.
/// </summary>
internal sealed class ConfigSection(JsonElement element, string file)
{
    /// <summary>More layers than any model has.</summary>
    public const int MostLayers = 1024;

    // A million: no model has more of anything that is a size, and products of a few of them stay within 64 bits.
    private const int LargestSize = 1 << 20;

    public static ConfigSection Parse(byte[] json, string file)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            Decode(document.RootElement);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new ConfigSection(document.RootElement.Clone(), file)
                : throw new InvalidDataException($"{file} must hold a JSON object.");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{file} is not valid JSON: {Excerpt.Of(exception)}", exception);
        }
    }

    /// <summary>The file, for messages.</summary>
    public string File => file;

    /// <summary>The object under a key; null when absent.</summary>
    public ConfigSection? Section(string key) => Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } value => new ConfigSection(value, file),
        { } value => throw Wrong(key, "an object", value),
    };

    /// <summary>A positive integer of at most <paramref name="most"/>, so that a damaged file cannot ask for memory or time without bounds.</summary>
    public int Size(string key, int missing, int most = LargestSize) => Find(key) switch
    {
        null => missing,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt32(out var number) && number > 0 && number <= most => number,
        { } value => throw Wrong(key, $"an integer from 1 to {most}", value),
    };

    /// <summary>The keys that have a value.</summary>
    public IEnumerable<string> Keys => element.EnumerateObject().Where(property => property.Value.ValueKind != JsonValueKind.Null).Select(property => property.Name);

    /// <summary>A positive finite number.</summary>
    public double Positive(string key, double missing) => Positive(key) ?? missing;

    /// <summary>A positive finite number, in single precision too; null when absent.</summary>
    public double? Positive(string key) => Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when (float)value.GetDouble() is > 0 and < float.PositiveInfinity => value.GetDouble(),
        { } value => throw Wrong(key, "a positive number", value),
    };

    public bool Flag(string key, bool missing) => Find(key) switch
    {
        null => missing,
        { ValueKind: JsonValueKind.True or JsonValueKind.False } value => value.GetBoolean(),
        { } value => throw Wrong(key, "true or false", value),
    };

    /// <summary>A string; null when absent.</summary>
    public string? Text(string key) => Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        { } value => throw Wrong(key, "a string", value),
    };

    /// <summary>Strings; null when absent.</summary>
    public string[]? Texts(string key) => Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } value when value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) =>
            [.. value.EnumerateArray().Select(item => item.GetString()!)],
        { } value => throw Wrong(key, "an array of strings", value),
    };

    /// <summary>Non-negative integers, written as an array or as one number; null when absent.</summary>
    public int[]? Integers(string key)
    {
        if (Find(key) is not { } value)
            return null;
        var items = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().ToArray() : [value];
        return Array.ConvertAll(items, item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var number) && number >= 0
            ? number
            : throw Wrong(key, "non-negative integers", value));
    }

    /// <summary>A token id.</summary>
    public int TokenId(string key, int missing) => Integers(key) switch
    {
        null => missing,
        [var id] => id,
        _ => throw Wrong(key, "one token id", Find(key)!.Value),
    };

    /// <summary>Reads every name and text once: bytes or escapes that are no characters are found (InvalidOperationException) only then.</summary>
    private static void Decode(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String)
            _ = value.GetString();
        else if (value.ValueKind == JsonValueKind.Array)
            foreach (var item in value.EnumerateArray())
                Decode(item);
        else if (value.ValueKind == JsonValueKind.Object)
            foreach (var property in value.EnumerateObject())
            {
                _ = property.Name;
                Decode(property.Value);
            }
    }

    private JsonElement? Find(string key) =>
        element.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private InvalidDataException Wrong(string key, string expected, JsonElement value) =>
        new($"{file}: '{key}' must be {expected}, got {Excerpt.Of(value.GetRawText())}.");
}
