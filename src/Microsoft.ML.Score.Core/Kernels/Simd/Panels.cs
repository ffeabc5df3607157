using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.Score.Kernels.Simd;

/// <summary>Lays matrices out as <see cref="MatrixKernel"/> reads them.</summary>
internal static unsafe class Panels
{
    /// <summary>target[columns, rows] (rows <paramref name="targetRow"/> apart) = the transpose of source[rows, columns].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose(float* source, nint sourceRow, int rows, int columns, float* target, nint targetRow)
    {
        var i = 0;
        for (; Avx.IsSupported && i + 8 <= rows; i += 8)
            TransposeEight(source + i * sourceRow, sourceRow, columns, target + i, targetRow);
        for (; i < rows; i++)
            for (var j = 0; j < columns; j++)
                target[j * targetRow + i] = source[i * sourceRow + j];
    }

    /// <summary>packed[depth, Rows] = the first <paramref name="height"/> of contiguous row values at each step of a transposed a.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackRows(float* a, nint aStep, int depth, int height, float* packed)
    {
        var p = 0;
        // Eight values at a time: the two too many are overwritten by the next step, so the last step must not have them.
        if (height == MatrixKernel.Rows && Vector256.IsHardwareAccelerated)
            for (; p < depth - 1; p++, a += aStep, packed += MatrixKernel.Rows)
                Vector256.Load(a).Store(packed);
        for (; p < depth; p++, a += aStep, packed += MatrixKernel.Rows)
            for (var i = 0; i < height; i++)
                packed[i] = a[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransposeEight(float* source, nint sourceRow, int columns, float* target, nint targetRow)
    {
        var p = 0;
        for (; p + 8 <= columns; p += 8)
        {
            var from = source + p;
            var (r0, r1, r2, r3) = (Vector256.Load(from), Vector256.Load(from + sourceRow), Vector256.Load(from + 2 * sourceRow), Vector256.Load(from + 3 * sourceRow));
            from += 4 * sourceRow;
            var (r4, r5, r6, r7) = (Vector256.Load(from), Vector256.Load(from + sourceRow), Vector256.Load(from + 2 * sourceRow), Vector256.Load(from + 3 * sourceRow));
            var (low0, high0, low1, high1) = TransposeFour(r0, r1, r2, r3);
            var (low4, high4, low5, high5) = TransposeFour(r4, r5, r6, r7);
            StoreHalves(low0, low4, target + p * targetRow, targetRow);
            StoreHalves(high0, high4, target + (p + 1) * targetRow, targetRow);
            StoreHalves(low1, low5, target + (p + 2) * targetRow, targetRow);
            StoreHalves(high1, high5, target + (p + 3) * targetRow, targetRow);
        }

        for (; p < columns; p++)
            for (var i = 0; i < 8; i++)
                target[p * targetRow + i] = source[i * sourceRow + p];
    }

    /// <summary>Transposes two 4x4 blocks side by side, one in each half of the four rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<float>, Vector256<float>, Vector256<float>, Vector256<float>) TransposeFour(
        Vector256<float> r0, Vector256<float> r1, Vector256<float> r2, Vector256<float> r3)
    {
        var (low01, high01) = (Avx.UnpackLow(r0, r1), Avx.UnpackHigh(r0, r1));
        var (low23, high23) = (Avx.UnpackLow(r2, r3), Avx.UnpackHigh(r2, r3));
        return (Avx.Shuffle(low01, low23, 0x44), Avx.Shuffle(low01, low23, 0xEE), Avx.Shuffle(high01, high23, 0x44), Avx.Shuffle(high01, high23, 0xEE));
    }

    /// <summary>The lower halves are one row of the transpose, the upper halves the row four below.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreHalves(Vector256<float> left, Vector256<float> right, float* target, nint targetRow)
    {
        Vector256.Create(left.GetLower(), right.GetLower()).Store(target);
        Vector256.Create(left.GetUpper(), right.GetUpper()).Store(target + 4 * targetRow);
    }
}
