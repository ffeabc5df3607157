namespace Microsoft.ML.Score.Storage;

/// <summary>How a safetensors file stores the elements of a tensor; the names are the format's own.</summary>
public enum TensorType
{
    /// <summary>IEEE double precision.</summary>
    F64,

    /// <summary>IEEE single precision.</summary>
    F32,

    /// <summary>IEEE half precision.</summary>
    F16,

    /// <summary>The upper half of an IEEE single.</summary>
    BF16,

    /// <summary>Signed 64-bit integer.</summary>
    I64,

    /// <summary>Signed 32-bit integer.</summary>
    I32,

    /// <summary>Signed 16-bit integer.</summary>
    I16,

    /// <summary>Signed 8-bit integer.</summary>
    I8,

    /// <summary>Unsigned 8-bit integer.</summary>
    U8,

    /// <summary>One byte, 0 or 1.</summary>
    Bool,
}

internal static class TensorTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Size(this TensorType type) => type switch
    {
        TensorType.F64 or TensorType.I64 => 8,
        TensorType.F32 or TensorType.I32 => 4,
        TensorType.F16 or TensorType.BF16 or TensorType.I16 => 2,
        TensorType.I8 or TensorType.U8 or TensorType.Bool => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown tensor type."),
    };

    /// <summary>Bits of one element by the word in a header, of the format's types that are not read here too; null where it is none of them.</summary>
    public static int? Bits(string word) => TryParse(word, out var type) ? 8 * type.Size() : word switch
    {
        "U64" or "C64" => 64,
        "U32" => 32,
        "U16" => 16,
        "F8_E4M3" or "F8_E5M2" or "F8_E8M0" or "F8_E4M3FNUZ" or "F8_E5M2FNUZ" => 8,
        "F6_E2M3" or "F6_E3M2" => 6,
        "F4" => 4,
        _ => null,
    };

    public static bool IsFloatingPoint(this TensorType type) => type is TensorType.F64 or TensorType.F32 or TensorType.F16 or TensorType.BF16;

    /// <summary>The word in a safetensors header.</summary>
    public static string Word(this TensorType type) => type == TensorType.Bool ? "BOOL" : type.ToString();

    /// <summary>The type of a word in a safetensors header; false where it is none of ours.</summary>
    public static bool TryParse(string word, out TensorType type)
    {
        foreach (var candidate in Enum.GetValues<TensorType>())
            if (candidate.Word() == word)
            {
                type = candidate;
                return true;
            }

        type = default;
        return false;
    }

    /// <summary>"[2, 3]", for messages.</summary>
    public static string Describe<T>(ReadOnlySpan<T> shape) => $"[{string.Join(", ", shape.ToArray())}]";
}
