using System.Numerics.Tensors;

namespace Microsoft.ML.Score.Numerics;

/// <summary>
/// Products of row-major single-precision matrices. Each element of the result is summed in one fixed order, whatever the
/// number of threads, so results are reproducible on one machine.
/// </summary>
internal static class MatrixProduct
{
    /// <summary>c[m,n] = a[m,k] * b[k,n]; with <paramref name="accumulate"/>, added to what c holds.</summary>
    public static void Multiply(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> c, int m, int n, int k, bool accumulate = false)
    {
        if (!accumulate)
            c[..(m * n)].Clear();
        for (var i = 0; i < m; i++)
            for (var p = 0; p < k; p++)
                TensorPrimitives.MultiplyAdd(b.Slice(p * n, n), a[i * k + p], c.Slice(i * n, n), c.Slice(i * n, n));
    }

    /// <summary>c[m,n] = a[m,k] * b[n,k]^T, the form of a linear layer whose weight b is [out, in]; with <paramref name="accumulate"/>, added to what c holds.</summary>
    public static void MultiplyTransposedB(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> c, int m, int n, int k, bool accumulate = false)
    {
        for (var i = 0; i < m; i++)
            for (var j = 0; j < n; j++)
                c[i * n + j] = TensorPrimitives.Dot(a.Slice(i * k, k), b.Slice(j * k, k)) + (accumulate ? c[i * n + j] : 0f);
    }

    /// <summary>c[m,n] = a[k,m]^T * b[k,n], the form of a weight gradient; with <paramref name="accumulate"/>, added to what c holds.</summary>
    public static void MultiplyTransposedA(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> c, int m, int n, int k, bool accumulate = false)
    {
        if (!accumulate)
            c[..(m * n)].Clear();
        for (var p = 0; p < k; p++)
            for (var i = 0; i < m; i++)
                TensorPrimitives.MultiplyAdd(b.Slice(p * n, n), a[p * m + i], c.Slice(i * n, n), c.Slice(i * n, n));
    }
}
