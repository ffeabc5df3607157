using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Score.Kernels;

/// <summary>
/// exp and what softmax and SwiGLU make of it, in single precision throughout: the vectors of .NET go through double, which takes
/// several times as long. The relative error is below 2e-7; NaN stays NaN; below -87.3 the result is 1e-38 instead of less,
/// above 88.8 it is infinite.
/// </summary>
internal static class Exponential
{
    // ln 2 in two parts, so that n ln 2 is subtracted without rounding error.
    private const float Ln2High = 0.693359375f, Ln2Low = -2.12194440e-4f;

    /// <summary>exp(x) = 2^n exp(r) with |r| at most (ln 2)/2, where the Taylor series of degree 7 leaves 5e-9.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Exp(Vector<float> x)
    {
        x = Vector.Min(Vector.Max(x, new Vector<float>(-87.3f)), new Vector<float>(89));
        var n = Vector.Round(x * 1.44269504f);
        var r = Vector.MultiplyAddEstimate(n, new Vector<float>(-Ln2Low), Vector.MultiplyAddEstimate(n, new Vector<float>(-Ln2High), x));
        var series = new Vector<float>(1f / 5040);
        series = Vector.MultiplyAddEstimate(series, r, new Vector<float>(1f / 720));
        series = Vector.MultiplyAddEstimate(series, r, new Vector<float>(1f / 120));
        series = Vector.MultiplyAddEstimate(series, r, new Vector<float>(1f / 24));
        series = Vector.MultiplyAddEstimate(series, r, new Vector<float>(1f / 6));
        series = Vector.MultiplyAddEstimate(series, r, new Vector<float>(0.5f));
        series = Vector.MultiplyAddEstimate(series, r, Vector<float>.One);
        series = Vector.MultiplyAddEstimate(series, r, Vector<float>.One);
        // 2^n in two factors, because 2^128 is none of the finite numbers although the product may be one.
        var exponent = Vector.ConvertToInt32(n);
        var half = exponent >> 1;
        return series * PowerOfTwo(half) * PowerOfTwo(exponent - half);
    }

    /// <summary>x = exp(x - shift), element by element; returns the sum.</summary>
    public static float ShiftedInPlace(Span<float> x, float shift)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(x);
        var sums = Vector<float>.Zero;
        for (var i = 0; i < vectors.Length; i++)
            sums += vectors[i] = Exp(vectors[i] - new Vector<float>(shift));
        var sum = Vector.Sum(sums);
        for (var i = vectors.Length * Vector<float>.Count; i < x.Length; i++)
            sum += x[i] = Exp(new Vector<float>(x[i] - shift))[0];
        return sum;
    }

    /// <summary>y = silu(gate) * up, element by element.</summary>
    public static void SwiGlu(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> y)
    {
        var gates = MemoryMarshal.Cast<float, Vector<float>>(gate);
        var ups = MemoryMarshal.Cast<float, Vector<float>>(up)[..gates.Length];
        var results = MemoryMarshal.Cast<float, Vector<float>>(y)[..gates.Length];
        for (var i = 0; i < gates.Length; i++)
            results[i] = Silu(gates[i]) * ups[i];
        for (var i = gates.Length * Vector<float>.Count; i < gate.Length; i++)
            y[i] = Silu(new Vector<float>(gate[i]))[0] * up[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Silu(Vector<float> x) => x / (Vector<float>.One + Exp(-x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> PowerOfTwo(Vector<int> n) => Vector.AsVectorSingle((n + new Vector<int>(127)) << 23);
}
