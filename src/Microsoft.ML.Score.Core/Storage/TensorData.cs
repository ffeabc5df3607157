using System.Runtime.InteropServices;

namespace Microsoft.ML.Score.Storage;

/// <summary>A named tensor to write with <see cref="SafetensorsWriter"/>. Immutable.</summary>
internal sealed class TensorData
{
    private readonly int[] _shape;

    /// <param name="name">The tensor's name in the file.</param>
    /// <param name="type">How the elements are stored.</param>
    /// <param name="shape">The dimensions, outermost first; empty for a scalar.</param>
    /// <param name="bytes">The elements, little endian, row-major; not copied.</param>
    /// <exception cref="ArgumentException">
    /// The number of bytes is not what type and shape need, a dimension is negative, there are more than 64, or the name is empty or
    /// reserved.
    /// </exception>
    public TensorData(string name, TensorType type, ReadOnlySpan<int> shape, ReadOnlyMemory<byte> bytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name == "__metadata__")
            throw new ArgumentException("The name __metadata__ is reserved by the format.", nameof(name));
        if (shape.Length > TensorEntry.MostDimensions)
            throw new ArgumentException($"Tensor '{name}' has {shape.Length} dimensions; at most {TensorEntry.MostDimensions} are written.", nameof(shape));
        Int128 expected = type.Size();
        foreach (var size in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(size, nameof(shape));
            expected = Int128.Min(expected * size, long.MaxValue);
        }

        if (bytes.Length != expected)
            throw new ArgumentException($"Tensor '{name}' ({type.Word()} {TensorTypes.Describe(shape)}) needs {expected} bytes, got {bytes.Length}.", nameof(bytes));

        Name = name;
        Type = type;
        _shape = shape.ToArray();
        Bytes = bytes;
    }

    /// <summary>The tensor's name in the file.</summary>
    public string Name { get; }

    /// <summary>How the elements are stored.</summary>
    public TensorType Type { get; }

    /// <summary>The dimensions, outermost first.</summary>
    public IReadOnlyList<int> Shape => _shape;

    /// <summary>The elements, little endian, row-major.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>A floating-point tensor; the values are copied, rounded to nearest where <paramref name="type"/> is narrower.</summary>
    /// <param name="name">The tensor's name in the file.</param>
    /// <param name="shape">The dimensions, outermost first; empty for a scalar.</param>
    /// <param name="values">The elements, row-major.</param>
    /// <param name="type">How they are stored.</param>
    /// <exception cref="ArgumentException">
    /// As the constructor's, the values take 2 GiB or more, or <paramref name="type"/> is not F64, F32, F16 or BF16.
    /// </exception>
    public static TensorData FromSingle(string name, ReadOnlySpan<int> shape, ReadOnlySpan<float> values, TensorType type = TensorType.F32)
    {
        var bytes = (long)values.Length * type.Size();
        if (bytes > Array.MaxLength)
            throw new ArgumentException(
                $"Tensor '{name}' has {values.Length} values, {bytes} bytes as {type.Word()}; "
                + $"at most {Array.MaxLength} bytes are written in one tensor.", nameof(values));

        return new(name, type, shape, StoredValues.Narrow(type, values));
    }

    /// <summary>An I64 tensor; the values are copied.</summary>
    /// <param name="name">The tensor's name in the file.</param>
    /// <param name="shape">The dimensions, outermost first; empty for a scalar.</param>
    /// <param name="values">The elements, row-major.</param>
    /// <exception cref="ArgumentException">As the constructor's.</exception>
    public static TensorData FromInt64(string name, ReadOnlySpan<int> shape, ReadOnlySpan<long> values) =>
        new(name, TensorType.I64, shape, MemoryMarshal.AsBytes(values).ToArray());
}
