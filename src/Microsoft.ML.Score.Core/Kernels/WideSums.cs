using System.Numerics;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Score.Kernels;

/// <summary>Sums over single-precision vectors that are taken in double precision, for comparisons that single precision cannot settle.</summary>
internal static class WideSums
{
    public static double Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        var xs = MemoryMarshal.Cast<float, Vector<float>>(x);
        var ys = MemoryMarshal.Cast<float, Vector<float>>(y)[..xs.Length];
        var (low, high) = (Vector<double>.Zero, Vector<double>.Zero);
        for (var i = 0; i < xs.Length; i++)
        {
            low = Vector.FusedMultiplyAdd(Vector.WidenLower(xs[i]), Vector.WidenLower(ys[i]), low);
            high = Vector.FusedMultiplyAdd(Vector.WidenUpper(xs[i]), Vector.WidenUpper(ys[i]), high);
        }

        var sum = Vector.Sum(low + high);
        for (var i = xs.Length * Vector<float>.Count; i < x.Length; i++)
            sum += (double)x[i] * y[i];
        return sum;
    }

    public static double SquaredDistance(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        var xs = MemoryMarshal.Cast<float, Vector<float>>(x);
        var ys = MemoryMarshal.Cast<float, Vector<float>>(y)[..xs.Length];
        var (low, high) = (Vector<double>.Zero, Vector<double>.Zero);
        for (var i = 0; i < xs.Length; i++)
        {
            var lower = Vector.WidenLower(xs[i]) - Vector.WidenLower(ys[i]);
            var upper = Vector.WidenUpper(xs[i]) - Vector.WidenUpper(ys[i]);
            low = Vector.FusedMultiplyAdd(lower, lower, low);
            high = Vector.FusedMultiplyAdd(upper, upper, high);
        }

        var sum = Vector.Sum(low + high);
        for (var i = xs.Length * Vector<float>.Count; i < x.Length; i++)
            sum += ((double)x[i] - y[i]) * ((double)x[i] - y[i]);
        return sum;
    }
}
