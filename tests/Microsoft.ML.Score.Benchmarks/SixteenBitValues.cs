using Microsoft.ML.Score.Numerics;
using Microsoft.ML.Score.Weights;

namespace Microsoft.ML.Score.Benchmarks;

/// <summary>Weights in memory as a checkpoint of a 16-bit type stores them.</summary>
internal sealed class SixteenBitValues(float[] values, TensorType type) : IStoredValues
{
    private readonly byte[] _bytes = StoredValues.Narrow(type, values);

    public bool IsFloat32 => false;

    public ReadOnlySpan<float> Float32 => throw new InvalidOperationException("Not stored as F32.");

    public void Read(long start, Span<float> destination) =>
        StoredValues.Widen(type, _bytes.AsSpan((int)(2 * start), 2 * destination.Length), destination);
}
