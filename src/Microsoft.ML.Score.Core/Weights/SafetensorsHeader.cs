using System.Text.Json;
using System.Text.Unicode;

namespace Microsoft.ML.Score.Weights;

/// <summary>
/// The header of a safetensors file: 8 bytes of length (little endian), a JSON object that starts with '{' and may end in
/// spaces, then the data. Every rule of the format is checked: known types, shapes whose product is the tensor's bytes
/// without overflow, tensors that cover the data section from end to end with neither hole nor overlap, no name twice.
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
            using var document = JsonDocument.Parse(json.ToArray(), new JsonDocumentOptions { AllowDuplicateProperties = false });
            return Read(document.RootElement, 8 + (long)headerLength, length, name);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException is how the reader reports an escape that is no character.
            throw new InvalidDataException($"The safetensors header of '{name}' is not valid JSON: {e.Message}", e);
        }
    }

    private static SafetensorsHeader Read(JsonElement root, long dataStart, long fileLength, string name)
    {
        var metadata = new Dictionary<string, string>();
        var tensors = new Dictionary<string, TensorEntry>();
        foreach (var property in root.EnumerateObject())
            if (property.Name != MetadataKey)
                tensors.Add(property.Name, ReadEntry(property, name));
            else if (property.Value.ValueKind != JsonValueKind.Object)
                throw new InvalidDataException($"{MetadataKey} of '{name}' is not a JSON object.");
            else
                foreach (var item in property.Value.EnumerateObject())
                    metadata.Add(item.Name, item.Value.ValueKind == JsonValueKind.String
                        ? item.Value.GetString()!
                        : throw new InvalidDataException($"{MetadataKey} of '{name}' has '{item.Name}' of kind {item.Value.ValueKind}, expected a string."));

        var end = 0L;
        foreach (var (tensor, entry) in tensors.OrderBy(pair => pair.Value.Offset).ThenBy(pair => pair.Value.ByteLength))
        {
            if (entry.Offset != end)
                throw new InvalidDataException(
                    $"Tensor '{tensor}' of '{name}' starts at byte {entry.Offset} of the data, "
                    + $"expected {end}: tensors must follow one another without hole or overlap.");
            end += entry.ByteLength;
        }

        if (end != fileLength - dataStart)
            throw new InvalidDataException(
                $"The tensors of '{name}' take {end} bytes, the file holds {fileLength - dataStart}: it is cut off or has bytes that belong to no tensor.");
        return new SafetensorsHeader(dataStart, metadata, tensors);
    }

    private static TensorEntry ReadEntry(JsonProperty property, string name)
    {
        var value = property.Value;
        if (value.ValueKind != JsonValueKind.Object
            || !value.TryGetProperty("dtype", out var dtype) || dtype.ValueKind != JsonValueKind.String
            || !value.TryGetProperty("shape", out var shapeValue) || !TryReadSizes(shapeValue, out var shape)
            || !value.TryGetProperty("data_offsets", out var offsetsValue) || !TryReadSizes(offsetsValue, out var offsets) || offsets.Length != 2)
            throw new InvalidDataException(
                $"Tensor '{property.Name}' of '{name}' needs dtype (a string), shape (sizes) and data_offsets (two sizes), got {value.GetRawText()}.");
        if (!TensorTypes.TryParse(dtype.GetString()!, out var type))
            throw new InvalidDataException($"Tensor '{property.Name}' of '{name}' has the type {dtype.GetString()}, which is not supported.");

        var (begin, end) = (offsets[0], offsets[1]);
        long bytes = type.Size();
        try
        {
            foreach (var size in shape)
                bytes = checked(bytes * size);
        }
        catch (OverflowException)
        {
            throw new InvalidDataException($"Tensor '{property.Name}' of '{name}' has the shape {TensorTypes.Describe<long>(shape)}, whose size overflows.");
        }

        if (end < begin || end - begin != bytes)
            throw new InvalidDataException(
                $"Tensor '{property.Name}' of '{name}' ({type.Word()} {TensorTypes.Describe<long>(shape)}) needs {bytes} bytes, "
                + $"its data_offsets are {begin} and {end}.");
        return new TensorEntry(type, shape, begin, bytes);
    }

    /// <summary>An array of integers from 0 to the largest <see cref="long"/>.</summary>
    private static bool TryReadSizes(JsonElement value, out long[] sizes)
    {
        sizes = [];
        if (value.ValueKind != JsonValueKind.Array)
            return false;
        sizes = new long[value.GetArrayLength()];
        for (var i = 0; i < sizes.Length; i++)
            if (value[i].ValueKind != JsonValueKind.Number || !value[i].TryGetInt64(out sizes[i]) || sizes[i] < 0)
                return false;
        return true;
    }
}
