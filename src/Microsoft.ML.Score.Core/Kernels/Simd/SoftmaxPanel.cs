using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.Score.Kernels.Simd;

/// <summary>
/// The running softmax of <see cref="AttentionBlock"/>, in base 2. A panel holds <see cref="MatrixKernel.Columns"/> rows of
/// scores side by side, so maxima and totals are taken down the columns and no vector is ever summed across. Written twice, as
/// <see cref="MatrixKernel"/> is.
/// </summary>
internal static unsafe class SoftmaxPanel
{
    // Below this, 2^x has left the normal numbers.
    private const float Lowest = -126;

    // (2^r - 1) / r at the Chebyshev points of |r| <= 1/2; the relative error of 2^r is 5e-9, and 2^0 is 1 exactly.
    private const float C1 = 0.693147188f, C2 = 0.240226508f, C3 = 0.0555035711f, C4 = 0.00961808256f, C5 = 0.00133908634f, C6 = 0.000154531629f;

    /// <summary>
    /// scores[keys, Columns] = 2^(scores - maximum), where the maxima [Columns] grow to include the new scores; the totals [Columns]
    /// and the sums [sumRows, Columns] are first brought to the new maxima. A score of -infinity gives exactly 0.
    /// </summary>
    public static void Update(float* scores, int keys, float* maxima, float* totals, float* sums, int sumRows)
    {
        if (Vector512.IsHardwareAccelerated)
            Update512(scores, keys, maxima, totals, sums, sumRows);
        else
            UpdateAnyWidth(scores, keys, maxima, totals, sums, sumRows);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Update512(float* scores, int keys, float* maxima, float* totals, float* sums, int sumRows)
    {
        const int step = 16;
        var end = scores + keys * 2 * step;
        var (old0, old1) = (Vector512.Load(maxima), Vector512.Load(maxima + step));
        var (max0, max1) = (old0, old1);
        for (var s = scores; s < end; s += 2 * step)
        {
            max0 = Vector512.MaxNative(max0, Vector512.Load(s));
            max1 = Vector512.MaxNative(max1, Vector512.Load(s + step));
        }

        var (total0, total1) = (Vector512.Load(totals), Vector512.Load(totals + step));
        if (!Vector512.EqualsAll(old0, max0) || !Vector512.EqualsAll(old1, max1))
        {
            var (shrink0, shrink1) = (Exp2(old0 - max0), Exp2(old1 - max1));
            total0 *= shrink0;
            total1 *= shrink1;
            for (var sum = sums; sum < sums + sumRows * 2 * step; sum += 2 * step)
            {
                (Vector512.Load(sum) * shrink0).Store(sum);
                (Vector512.Load(sum + step) * shrink1).Store(sum + step);
            }

            max0.Store(maxima);
            max1.Store(maxima + step);
        }

        for (var s = scores; s < end; s += 2 * step)
        {
            var (p0, p1) = (Exp2(Vector512.Load(s) - max0), Exp2(Vector512.Load(s + step) - max1));
            p0.Store(s);
            p1.Store(s + step);
            total0 += p0;
            total1 += p1;
        }

        total0.Store(totals);
        total1.Store(totals + step);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Exp2(Vector512<float> x)
    {
        var n = Vector512.Round(x);
        var r = x - n;
        var series = Vector512.FusedMultiplyAdd(Vector512.Create(C6), r, Vector512.Create(C5));
        series = Vector512.FusedMultiplyAdd(series, r, Vector512.Create(C4));
        series = Vector512.FusedMultiplyAdd(series, r, Vector512.Create(C3));
        series = Vector512.FusedMultiplyAdd(series, r, Vector512.Create(C2));
        series = Vector512.FusedMultiplyAdd(series, r, Vector512.Create(C1));
        series = Vector512.FusedMultiplyAdd(series, r, Vector512<float>.One);
        return Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512.Create(Lowest)), Vector512<float>.Zero, Avx512F.Scale(series, n));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void UpdateAnyWidth(float* scores, int keys, float* maxima, float* totals, float* sums, int sumRows)
    {
        var step = Vector<float>.Count;
        var end = scores + keys * 2 * step;
        var (old0, old1) = (Vector.Load(maxima), Vector.Load(maxima + step));
        var (max0, max1) = (old0, old1);
        for (var s = scores; s < end; s += 2 * step)
        {
            max0 = Vector.MaxNative(max0, Vector.Load(s));
            max1 = Vector.MaxNative(max1, Vector.Load(s + step));
        }

        var (total0, total1) = (Vector.Load(totals), Vector.Load(totals + step));
        if (!Vector.EqualsAll(old0, max0) || !Vector.EqualsAll(old1, max1))
        {
            var (shrink0, shrink1) = (Exp2(old0 - max0), Exp2(old1 - max1));
            total0 *= shrink0;
            total1 *= shrink1;
            for (var sum = sums; sum < sums + sumRows * 2 * step; sum += 2 * step)
            {
                (Vector.Load(sum) * shrink0).Store(sum);
                (Vector.Load(sum + step) * shrink1).Store(sum + step);
            }

            max0.Store(maxima);
            max1.Store(maxima + step);
        }

        for (var s = scores; s < end; s += 2 * step)
        {
            var (p0, p1) = (Exp2(Vector.Load(s) - max0), Exp2(Vector.Load(s + step) - max1));
            p0.Store(s);
            p1.Store(s + step);
            total0 += p0;
            total1 += p1;
        }

        total0.Store(totals);
        total1.Store(totals + step);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Exp2(Vector<float> x)
    {
        var n = Vector.Round(x);
        var r = x - n;
        var series = Vector.MultiplyAddEstimate(new Vector<float>(C6), r, new Vector<float>(C5));
        series = Vector.MultiplyAddEstimate(series, r, new Vector<float>(C4));
        series = Vector.MultiplyAddEstimate(series, r, new Vector<float>(C3));
        series = Vector.MultiplyAddEstimate(series, r, new Vector<float>(C2));
        series = Vector.MultiplyAddEstimate(series, r, new Vector<float>(C1));
        series = Vector.MultiplyAddEstimate(series, r, Vector<float>.One);
        var power = Vector.AsVectorSingle((Vector.ConvertToInt32Native(n) + new Vector<int>(127)) << 23);
        return Vector.ConditionalSelect(Vector.LessThan(x, new Vector<float>(Lowest)), Vector<float>.Zero, series * power);
    }
}
