using System.Buffers;
using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Models.Layers;

/// <summary>cos and sin, [positions, half a head] each, of rotary angles.</summary>
internal sealed class RotaryTable(Tensor cos, Tensor sin) : IDisposable
{
    public Tensor Cos { get; } = cos;

    public Tensor Sin { get; } = sin;

    /// <summary>theta^(-2k/dimension) for k below dimension / 2, in single precision as the original code has them.</summary>
    public static float[] InverseFrequencies(double theta, int dimension)
    {
        var frequencies = new float[dimension / 2];
        for (var k = 0; k < frequencies.Length; k++)
            frequencies[k] = 1f / (float)Math.Pow(theta, (float)(2 * k) / dimension);
        return frequencies;
    }

    /// <summary>The table of angles [rows, columns].</summary>
    public static RotaryTable FromAngles(IKernels kernels, ReadOnlySpan<float> angles, int rows, int columns)
    {
        var cos = ArrayPool<float>.Shared.Rent(angles.Length);
        var sin = ArrayPool<float>.Shared.Rent(angles.Length);
        for (var i = 0; i < angles.Length; i++)
            (sin[i], cos[i]) = MathF.SinCos(angles[i]);
        var table = new RotaryTable(kernels.Upload(cos.AsSpan(0, angles.Length), rows, columns), kernels.Upload(sin.AsSpan(0, angles.Length), rows, columns));
        ArrayPool<float>.Shared.Return(cos);
        ArrayPool<float>.Shared.Return(sin);
        return table;
    }

    /// <summary>The table of the positions 0 to <paramref name="positions"/> - 1 for heads of <paramref name="headDimension"/> values.</summary>
    public static RotaryTable Sequential(IKernels kernels, double theta, int headDimension, int positions)
    {
        var inverseFrequencies = InverseFrequencies(theta, headDimension);
        var angles = new float[positions * inverseFrequencies.Length];
        for (var i = 0; i < angles.Length; i++)
            angles[i] = i / inverseFrequencies.Length * inverseFrequencies[i % inverseFrequencies.Length];
        return FromAngles(kernels, angles, positions, inverseFrequencies.Length);
    }

    /// <summary>The rows at the given indices.</summary>
    public RotaryTable Gather(IKernels kernels, ReadOnlySpan<int> rows) => new(kernels.Gather(Cos, rows), kernels.Gather(Sin, rows));

    /// <summary>Rows [start, start + count); a view that owns nothing and dies with this table.</summary>
    public RotaryTable RowRange(int start, int count) => new(Cos.RowRange(start, count), Sin.RowRange(start, count));

    public void Dispose()
    {
        Cos.Dispose();
        Sin.Dispose();
    }
}
