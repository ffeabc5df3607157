using System.Text.Encodings.Web;
using System.Text.Json;

namespace Microsoft.ML.Score.Storage;

/// <summary>
/// Writes safetensors files (https://huggingface.co/docs/safetensors). The same tensors and metadata give the same bytes. Safe for
/// concurrent use on different files.
/// </summary>
internal static class SafetensorsWriter
{
    /// <summary>Writes a file that appears whole or not at all; an existing one is replaced.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="tensors">The tensors, stored in this order.</param>
    /// <param name="metadata">Free-form strings, sorted by key in the file; null or empty for none.</param>
    /// <exception cref="ArgumentException">Two tensors share a name.</exception>
    /// <exception cref="IOException">The file cannot be written; an older one stays as it was.</exception>
    public static void Write(string path, IReadOnlyList<TensorData> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(tensors);

        AtomicFile.Write(path, stream => Write(stream, tensors, metadata));
    }

    /// <inheritdoc cref="Write(string, IReadOnlyList{TensorData}, IReadOnlyDictionary{string, string}?)"/>
    /// <param name="stream">Where the bytes go, from its current position on; stays open.</param>
    /// <param name="tensors">The tensors, stored in this order.</param>
    /// <param name="metadata">Free-form strings, sorted by key in the file; null or empty for none.</param>
    public static void Write(Stream stream, IReadOnlyList<TensorData> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(tensors);
        if (tensors.GroupBy(tensor => tensor.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new ArgumentException($"{twice.Count()} tensors have the name '{twice.Key}'.", nameof(tensors));

        var header = Header(tensors, metadata);
        // Spaces bring the data section to a multiple of 8, so that readers can map it as numbers.
        var padding = -header.Length & 7;
        stream.Write(BitConverter.GetBytes((ulong)(header.Length + padding)));
        stream.Write(header);
        for (var i = 0; i < padding; i++)
            stream.WriteByte((byte)' ');
        foreach (var tensor in tensors)
            stream.Write(tensor.Bytes.Span);
    }

    private static byte[] Header(IReadOnlyList<TensorData> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using var header = new MemoryStream();
        using (var json = new Utf8JsonWriter(header, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                    json.WriteString(key, value);
                json.WriteEndObject();
            }

            var offset = 0L;
            foreach (var tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", tensor.Type.Word());
                json.WriteStartArray("shape");
                foreach (var size in tensor.Shape)
                    json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += tensor.Bytes.Length);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return header.ToArray();
    }
}
