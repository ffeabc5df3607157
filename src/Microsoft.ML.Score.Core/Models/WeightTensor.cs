using System.Runtime.InteropServices;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Models;

/// <summary>A floating-point tensor of a checkpoint in its stored type. Valid as long as its <see cref="Checkpoint"/>; safe for concurrent reading.</summary>
internal sealed class WeightTensor : IStoredValues
{
    private readonly SafetensorsFile _file;
    private readonly string _storedName;

    public WeightTensor(SafetensorsFile file, string storedName, string name, int[] shape)
    {
        _file = file;
        _storedName = storedName;
        Name = name;
        Shape = shape;
        Type = file.Tensors[storedName].Type ?? throw new ArgumentException($"Tensor '{name}' is {file.Tensors[storedName]}, a type that is not read.", nameof(storedName));
        Count = file.Tensors[storedName].Count;
    }

    /// <summary>The canonical name.</summary>
    public string Name { get; }

    public IReadOnlyList<int> Shape { get; }

    /// <summary>F64, F32, F16 or BF16.</summary>
    public TensorType Type { get; }

    /// <summary>The number of elements.</summary>
    public long Count { get; }

    public bool IsFloat32 => Type == TensorType.F32;

    /// <summary>The values of an F32 tensor, without a copy.</summary>
    /// <exception cref="InvalidOperationException">The tensor is stored in another type.</exception>
    public ReadOnlySpan<float> Float32 => IsFloat32
        ? _file.SingleSpan(_storedName)
        : throw new InvalidOperationException($"Tensor '{Name}' is stored as {Type.Word()}; only F32 can be read without a copy.");

    public bool IsBFloat16 => Type == TensorType.BF16;

    public ReadOnlySpan<ushort> BFloat16(long start, int count) => MemoryMarshal.Cast<byte, ushort>(_file.Bytes(_storedName, start, count));

    /// <summary>Elements [start, start + destination.Length) in single precision.</summary>
    public void Read(long start, Span<float> destination) => _file.ReadSingle(_storedName, start, destination);

    /// <summary>A copy of all elements in single precision.</summary>
    public float[] ToArray() => _file.ReadSingle(_storedName);
}
