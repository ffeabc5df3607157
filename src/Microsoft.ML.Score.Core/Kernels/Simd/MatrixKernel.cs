using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Score.Kernels.Simd;

/// <summary>
/// The inner product of <see cref="MatrixProduct"/>: one tile of <see cref="Rows"/> x <see cref="Columns"/> sums held in
/// registers, twelve independent chains of fused multiply-adds. Written twice, for 512-bit vectors and for whatever
/// <see cref="Vector{T}"/> is; both give the same bits. Compiled fully at the first call, since one large product is a single
/// call long.
/// </summary>
internal static unsafe class MatrixKernel
{
    public const int Rows = 6;

    public static int Columns => 2 * (Vector512.IsHardwareAccelerated ? Vector512<float>.Count : Vector<float>.Count);

    /// <summary>
    /// c[Rows, Columns] = (or +=) a[Rows, depth] * b[depth, Columns], with a(i,p) at a[i*aRow + p*aStep], b packed and c rows
    /// <paramref name="cRow"/> apart. Where a has fewer rows than the tile, <paramref name="height"/>, the last one is repeated.
    /// </summary>
    public static void Multiply(float* a, nint aRow, nint aStep, int height, float* b, int depth, float* c, nint cRow, bool add)
    {
        var last = a + (height - 1) * aRow;
        var a1 = height > 1 ? a + aRow : last;
        var a2 = height > 2 ? a + 2 * aRow : last;
        var a3 = height > 3 ? a + 3 * aRow : last;
        var a4 = height > 4 ? a + 4 * aRow : last;
        if (Vector512.IsHardwareAccelerated)
            Multiply512(a, a1, a2, a3, a4, last, aStep, b, depth, c, cRow, add);
        else
            MultiplyAnyWidth(a, a1, a2, a3, a4, last, aStep, b, depth, c, cRow, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply512(float* a0, float* a1, float* a2, float* a3, float* a4, float* a5, nint aStep, float* b, int depth, float* c, nint cRow, bool add)
    {
        Vector512<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        Vector512<float> c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
        for (nint p = 0, at = 0; p < depth; p++, at += aStep, b += 2 * Vector512<float>.Count)
        {
            var b0 = Vector512.Load(b);
            var b1 = Vector512.Load(b + Vector512<float>.Count);
            var v0 = Vector512.Create(a0[at]);
            c00 = Vector512.FusedMultiplyAdd(v0, b0, c00);
            c01 = Vector512.FusedMultiplyAdd(v0, b1, c01);
            var v1 = Vector512.Create(a1[at]);
            c10 = Vector512.FusedMultiplyAdd(v1, b0, c10);
            c11 = Vector512.FusedMultiplyAdd(v1, b1, c11);
            var v2 = Vector512.Create(a2[at]);
            c20 = Vector512.FusedMultiplyAdd(v2, b0, c20);
            c21 = Vector512.FusedMultiplyAdd(v2, b1, c21);
            var v3 = Vector512.Create(a3[at]);
            c30 = Vector512.FusedMultiplyAdd(v3, b0, c30);
            c31 = Vector512.FusedMultiplyAdd(v3, b1, c31);
            var v4 = Vector512.Create(a4[at]);
            c40 = Vector512.FusedMultiplyAdd(v4, b0, c40);
            c41 = Vector512.FusedMultiplyAdd(v4, b1, c41);
            var v5 = Vector512.Create(a5[at]);
            c50 = Vector512.FusedMultiplyAdd(v5, b0, c50);
            c51 = Vector512.FusedMultiplyAdd(v5, b1, c51);
        }

        Store(c00, c01, c + 0 * cRow, add);
        Store(c10, c11, c + 1 * cRow, add);
        Store(c20, c21, c + 2 * cRow, add);
        Store(c30, c31, c + 3 * cRow, add);
        Store(c40, c41, c + 4 * cRow, add);
        Store(c50, c51, c + 5 * cRow, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<float> left, Vector512<float> right, float* c, bool add)
    {
        if (add)
        {
            left += Vector512.Load(c);
            right += Vector512.Load(c + Vector512<float>.Count);
        }

        left.Store(c);
        right.Store(c + Vector512<float>.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyAnyWidth(float* a0, float* a1, float* a2, float* a3, float* a4, float* a5, nint aStep, float* b, int depth, float* c, nint cRow, bool add)
    {
        Vector<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        Vector<float> c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
        for (nint p = 0, at = 0; p < depth; p++, at += aStep, b += 2 * Vector<float>.Count)
        {
            var b0 = Vector.Load(b);
            var b1 = Vector.Load(b + Vector<float>.Count);
            var v0 = new Vector<float>(a0[at]);
            c00 = Vector.MultiplyAddEstimate(v0, b0, c00);
            c01 = Vector.MultiplyAddEstimate(v0, b1, c01);
            var v1 = new Vector<float>(a1[at]);
            c10 = Vector.MultiplyAddEstimate(v1, b0, c10);
            c11 = Vector.MultiplyAddEstimate(v1, b1, c11);
            var v2 = new Vector<float>(a2[at]);
            c20 = Vector.MultiplyAddEstimate(v2, b0, c20);
            c21 = Vector.MultiplyAddEstimate(v2, b1, c21);
            var v3 = new Vector<float>(a3[at]);
            c30 = Vector.MultiplyAddEstimate(v3, b0, c30);
            c31 = Vector.MultiplyAddEstimate(v3, b1, c31);
            var v4 = new Vector<float>(a4[at]);
            c40 = Vector.MultiplyAddEstimate(v4, b0, c40);
            c41 = Vector.MultiplyAddEstimate(v4, b1, c41);
            var v5 = new Vector<float>(a5[at]);
            c50 = Vector.MultiplyAddEstimate(v5, b0, c50);
            c51 = Vector.MultiplyAddEstimate(v5, b1, c51);
        }

        Store(c00, c01, c + 0 * cRow, add);
        Store(c10, c11, c + 1 * cRow, add);
        Store(c20, c21, c + 2 * cRow, add);
        Store(c30, c31, c + 3 * cRow, add);
        Store(c40, c41, c + 4 * cRow, add);
        Store(c50, c51, c + 5 * cRow, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector<float> left, Vector<float> right, float* c, bool add)
    {
        if (add)
        {
            left += Vector.Load(c);
            right += Vector.Load(c + Vector<float>.Count);
        }

        left.Store(c);
        right.Store(c + Vector<float>.Count);
    }
}
