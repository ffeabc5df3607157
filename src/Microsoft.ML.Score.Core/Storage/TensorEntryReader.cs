using System.Text;
using System.Text.Json;

namespace Microsoft.ML.Score.Storage;

/// <summary>
/// Reads what a safetensors header says of one tensor: dtype, shape and data_offsets, each once. Other fields are skipped, as the
/// format's own reader does; numbers are written as plain integers, without sign, fraction or exponent.
/// </summary>
internal readonly ref struct TensorEntryReader(string tensor, string file)
{
    private const string Expected = "dtype (a string), shape (sizes) and data_offsets (two sizes)";

    /// <param name="json">At the tensor's value; afterwards at its end.</param>
    /// <exception cref="InvalidDataException">It breaks a rule of the format.</exception>
    public TensorEntry Read(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.StartObject)
            throw Fault($"needs {Expected}, got {Shown(json)}");
        string? type = null;
        long[]? shape = null, offsets = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var field = json.GetString()!;
            json.Read();
            if (field switch { "dtype" => type is not null, "shape" => shape is not null, "data_offsets" => offsets is not null, _ => false })
                throw Fault($"has {field} twice");
            switch (field)
            {
                case "dtype":
                    type = ReadWord(json);
                    break;
                case "shape":
                    shape = ReadSizes(ref json, field, TensorEntry.MostDimensions);
                    break;
                case "data_offsets":
                    offsets = ReadSizes(ref json, field, most: 2);
                    break;
                default:
                    json.Skip();
                    break;
            }
        }

        if (type is null || shape is null || offsets is not [var begin, var end])
            throw Fault($"needs {Expected}, got {(type is null ? "no dtype" : shape is null ? "no shape" : $"{offsets?.Length ?? 0} data_offsets")}");
        return Checked(type, shape, begin, end);
    }

    private TensorEntry Checked(string type, long[] shape, long begin, long end)
    {
        long count = 1;
        Int128 bits = TensorTypes.Bits(type) ?? 0;
        try
        {
            foreach (var size in shape)
                count = checked(count * size);
            bits = checked(bits * count);
            _ = checked((long)(bits / 8));
        }
        catch (OverflowException)
        {
            throw Fault($"has the shape {TensorTypes.Describe<long>(shape)}, whose size overflows");
        }

        if (bits % 8 != 0)
            throw Fault($"({Excerpt.Of(type)} {TensorTypes.Describe<long>(shape)}) has {bits} bits, expected whole bytes");
        // Of a type whose size is not known the offsets alone say what it takes.
        var bytes = TensorTypes.Bits(type) is null ? end - begin : (long)(bits / 8);
        return end >= begin && end - begin == bytes
            ? new TensorEntry(type, shape, count, begin, bytes)
            : throw Fault($"({Excerpt.Of(type)} {TensorTypes.Describe<long>(shape)}) needs {bytes} bytes, its data_offsets are {begin} and {end}");
    }

    private string ReadWord(in Utf8JsonReader json) => json.TokenType == JsonTokenType.String
        ? json.GetString()!
        : throw Fault($"needs {Expected}, got the dtype {Shown(json)}");

    private long[] ReadSizes(ref Utf8JsonReader json, string field, int most)
    {
        if (json.TokenType != JsonTokenType.StartArray)
            throw Fault($"needs {Expected}, got the {field} {Shown(json)}");
        List<long> sizes = [];
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (sizes.Count == most)
                throw Fault($"has more than {most} numbers in its {field}");
            if (json.TokenType != JsonTokenType.Number || !json.TryGetInt64(out var size) || json.ValueSpan[0] == (byte)'-')
                throw Fault($"has {Shown(json)} in its {field}, expected integers from 0 to {long.MaxValue}");
            sizes.Add(size);
        }

        return [.. sizes];
    }

    private InvalidDataException Fault(string what) => new($"Tensor '{Excerpt.Of(tensor)}' of '{file}' {what}.");

    private static string Shown(in Utf8JsonReader json) => json.TokenType switch
    {
        JsonTokenType.StartArray => "an array",
        JsonTokenType.StartObject => "an object",
        _ => Excerpt.Of(Encoding.UTF8.GetString(json.ValueSpan[..Math.Min(json.ValueSpan.Length, 1000)])),
    };
}
