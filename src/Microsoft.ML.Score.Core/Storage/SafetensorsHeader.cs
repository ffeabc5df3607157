using System.Text.Json;
using System.Text.Unicode;

namespace Microsoft.ML.Score.Storage;

/// <summary>
/// The header of a safetensors file: 8 bytes of length (little endian), a JSON object that starts with '{' and may end in
/// spaces, then the data. Every rule of the format is checked: shapes whose product is the tensor's bytes
/// without overflow (a type whose size is not known has what its offsets say), tensors that cover the data section from end to end with neither hole nor overlap, no name twice.
/// The time is linear in the header's length: it is read token by token, once.
/// </summary>
internal sealed class SafetensorsHeader
{
    private const long MaxLength = 100_000_000;
    private const string MetadataKey = "__metadata__";

    private SafetensorsHeader(long dataStart, IReadOnlyDictionary<string, string> metadata, IReadOnlyDictionary<string, TensorEntry> tensors)
    {
        DataStart = dataStart;
        Metadata = metadata;
        Tensors = tensors;
    }

    /// <summary>Where the data section starts in the file.</summary>
    public long DataStart { get; }

    public IReadOnlyDictionary<string, string> Metadata { get; }

    public IReadOnlyDictionary<string, TensorEntry> Tensors { get; }

    /// <exception cref="InvalidDataException">The bytes are not a safetensors file.</exception>
    public static unsafe SafetensorsHeader Read(byte* file, long length, string name)
    {
        if (PointerFile.In(new ReadOnlySpan<byte>(file, (int)Math.Min(length, 1024))) is { } pointer)
            throw new InvalidDataException(pointer.Message(name));
        if (length < 8)
            throw new InvalidDataException($"'{name}' is not a safetensors file: it has {length} bytes, fewer than the 8 of the header's length.");
        var headerLength = BitConverter.ToUInt64(new ReadOnlySpan<byte>(file, 8));
        if (headerLength > MaxLength || (long)headerLength > length - 8)
            throw new InvalidDataException(
                $"'{name}' is not a safetensors file or is cut off: its header should have {headerLength} bytes; "
                + $"the file has {length - 8} after the length, the format allows {MaxLength}.");
        var json = new ReadOnlySpan<byte>(file + 8, (int)headerLength);
        if (json.IsEmpty || json[0] != (byte)'{' || !Utf8.IsValid(json))
            throw new InvalidDataException($"'{name}' is not a safetensors file: its header is not a JSON object in UTF-8.");

        try
        {
            return Read(json, length, name);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException is how the reader reports an escape that is no character.
            throw new InvalidDataException($"The safetensors header of '{name}' is not valid JSON: {Excerpt.Of(e.Message)}", e);
        }
    }

    private static SafetensorsHeader Read(ReadOnlySpan<byte> header, long fileLength, string name)
    {
        var dataStart = 8L + header.Length;
        Dictionary<string, string>? metadata = null;
        var tensors = new Dictionary<string, TensorEntry>();
        var json = new Utf8JsonReader(header);
        json.Read(); // the object
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var key = json.GetString()!;
            json.Read();
            if (key != MetadataKey ? !tensors.TryAdd(key, new TensorEntryReader(key, name).Read(ref json)) : metadata is not null)
                throw new InvalidDataException($"The header of '{name}' has '{Excerpt.Of(key)}' twice.");
            if (key == MetadataKey)
                metadata = ReadMetadata(ref json, name);
        }

        json.Read(); // fails where text follows the object

        var end = 0L;
        foreach (var (tensor, entry) in tensors.OrderBy(pair => pair.Value.Offset).ThenBy(pair => pair.Value.ByteLength))
        {
            if (entry.Offset != end)
                throw new InvalidDataException(
                    $"Tensor '{Excerpt.Of(tensor)}' of '{name}' starts at byte {entry.Offset} of the data, "
                    + $"expected {end}: tensors must follow one another without hole or overlap.");
            end += entry.ByteLength;
        }

        if (end != fileLength - dataStart)
            throw new InvalidDataException(
                $"The tensors of '{name}' take {end} bytes, the file holds {fileLength - dataStart}: it is cut off or has bytes that belong to no tensor.");
        return new SafetensorsHeader(dataStart, metadata ?? [], tensors);
    }

    private static Dictionary<string, string> ReadMetadata(ref Utf8JsonReader json, string name)
    {
        if (json.TokenType != JsonTokenType.StartObject)
            throw new InvalidDataException($"{MetadataKey} of '{name}' is not a JSON object.");
        var metadata = new Dictionary<string, string>();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var key = json.GetString()!;
            json.Read();
            if (json.TokenType != JsonTokenType.String)
                throw new InvalidDataException($"{MetadataKey} of '{name}' has '{Excerpt.Of(key)}' of kind {json.TokenType}, expected a string.");
            if (!metadata.TryAdd(key, json.GetString()!))
                throw new InvalidDataException($"{MetadataKey} of '{name}' has '{Excerpt.Of(key)}' twice.");
        }

        return metadata;
    }
}
