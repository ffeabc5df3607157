using System.Buffers.Binary;
using System.Text.Json;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Models.Loading;

/// <summary>A tensor as a header has it: its type's word, which may be none of ours, and where its bytes start and end in the data.</summary>
internal sealed record ShardTensor(string Name, string Type, long[] Shape, long Start, long End)
{
    public override string ToString() => $"{Type} [{string.Join(", ", Shape)}]";
}

/// <summary>
/// The header of a safetensors file, read without holding the file to it: a reader that stops at the first fault could not say how long a file that
/// was cut off should be, nor name every tensor of an unknown type. No data is read.
/// </summary>
internal sealed class ShardHeader
{
    private const int LengthBytes = sizeof(long);
    private const long MostBytes = 100_000_000; // the format's own limit

    private ShardHeader(long headerBytes, long fileLength, IReadOnlyList<ShardTensor> tensors)
    {
        FileLength = fileLength;
        ExpectedLength = LengthBytes + headerBytes + tensors.Select(tensor => tensor.End).DefaultIfEmpty().Max();
        Tensors = tensors;
    }

    /// <summary>Bytes of the file.</summary>
    public long FileLength { get; }

    /// <summary>Bytes that it needs for the tensors it names.</summary>
    public long ExpectedLength { get; }

    public IReadOnlyList<ShardTensor> Tensors { get; }

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">There is no header to read; the message says what is there instead.</exception>
    public static ShardHeader Read(string path)
    {
        RegularFile.ThrowIfNot(path);
        if (RegularFile.LengthOf(path) == 0)
            throw new InvalidDataException("an empty file, a pipe or a device");

        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        if (stream.Length < LengthBytes)
            throw new InvalidDataException($"{stream.Length} bytes, fewer than the {LengthBytes} of the header's length");
        Span<byte> length = stackalloc byte[LengthBytes];
        stream.ReadExactly(length);
        var headerBytes = BinaryPrimitives.ReadUInt64LittleEndian(length);
        if (headerBytes > MostBytes || (long)headerBytes > stream.Length - LengthBytes)
            throw new InvalidDataException($"{stream.Length} bytes with a header of {headerBytes}: cut off, or no safetensors file");

        var header = new byte[headerBytes];
        stream.ReadExactly(header);
        try
        {
            using var json = JsonDocument.Parse(header, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return new ShardHeader((long)headerBytes, stream.Length, [.. json.RootElement.EnumerateObject().Where(property => property.Name != "__metadata__").Select(Tensor)]);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new InvalidDataException($"a header that is not one of safetensors: {Excerpt.Of(exception)}", exception);
        }
    }

    private static ShardTensor Tensor(JsonProperty tensor)
    {
        var offsets = tensor.Value.GetProperty("data_offsets");
        return new ShardTensor(
            tensor.Name, tensor.Value.GetProperty("dtype").GetString() ?? "null", [.. tensor.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())],
            offsets.EnumerateArray().First().GetInt64(), offsets.EnumerateArray().Last().GetInt64());
    }
}
