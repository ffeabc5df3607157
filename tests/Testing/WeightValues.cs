using System.Runtime.InteropServices;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Testing;

/// <summary>
/// Weights in memory, stored as a checkpoint of the given type stores them; F64 holds single precision exactly and can only be read by
/// widening.
/// </summary>
internal sealed class WeightValues(float[] values, TensorType type = TensorType.F32) : IStoredValues
{
    private readonly byte[] _bytes = StoredValues.Narrow(type, values);

    public bool IsFloat32 => type == TensorType.F32;

    public ReadOnlySpan<float> Float32 => IsFloat32 ? MemoryMarshal.Cast<byte, float>(_bytes) : throw new InvalidOperationException($"Stored as {type}, not as F32.");

    public bool IsBFloat16 => type == TensorType.BF16;

    public ReadOnlySpan<ushort> BFloat16(long start, int count) => IsBFloat16
        ? MemoryMarshal.Cast<byte, ushort>(_bytes).Slice((int)start, count)
        : throw new InvalidOperationException($"Stored as {type}, not as BF16.");

    public void Read(long start, Span<float> destination) =>
        StoredValues.Widen(type, _bytes.AsSpan((int)(type.Size() * start), type.Size() * destination.Length), destination);
}
