using System.Runtime.InteropServices;
using Microsoft.ML.Score.Numerics;
using Microsoft.ML.Score.Weights;

namespace Microsoft.ML.Score.Benchmarks;

/// <summary>Weights in memory as a checkpoint of the given type stores them.</summary>
internal sealed class WeightValues(float[] values, TensorType type) : IStoredValues
{
    private readonly byte[] _bytes = StoredValues.Narrow(type, values);

    public bool IsFloat32 => type == TensorType.F32;

    public ReadOnlySpan<float> Float32 => MemoryMarshal.Cast<byte, float>(_bytes);

    public bool IsBFloat16 => type == TensorType.BF16;

    public ReadOnlySpan<ushort> BFloat16(long start, int count) => MemoryMarshal.Cast<byte, ushort>(_bytes).Slice((int)start, count);

    public void Read(long start, Span<float> destination) =>
        StoredValues.Widen(type, _bytes.AsSpan((int)(type.Size() * start), type.Size() * destination.Length), destination);
}
