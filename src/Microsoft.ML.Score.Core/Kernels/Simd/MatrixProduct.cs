namespace Microsoft.ML.Score.Kernels.Simd;

/// <summary>
/// Products of row-major single-precision matrices. Each element of the result is summed in one fixed order (fused
/// multiply-adds in ascending k within blocks of <see cref="DepthBlock"/>, then block by block), whatever the number of
/// threads, the vector width and the other rows and columns: a row gives the same bits alone and in a batch. (A machine whose
/// vectors have no fused multiply-add rounds twice; <see cref="MatrixVectorPart"/> sums a linear layer's only row in its own order.)
/// Nothing is allocated once a thread has multiplied before.
/// </summary>
internal static unsafe class MatrixProduct
{
    /// <summary>k is cut into blocks of this many terms, so that a panel of b stays in the cache.</summary>
    public const int DepthBlock = 256;

    // Below this many multiply-adds handing work to other threads costs more than it saves.
    private const long ParallelThreshold = 1 << 23;

    // Rows that repay packing all of b again for them, where work is cut by rows.
    private const int RowsPerPart = 1024;

    /// <summary>c[m,n] = a[m,k] * b[k,n]; with <paramref name="accumulate"/>, added to what c holds.</summary>
    public static void Multiply(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> c, int m, int n, int k, bool accumulate = false)
    {
        fixed (float* pa = a[..checked(m * k)], pb = b[..checked(k * n)], pc = c[..checked(m * n)])
            Run(new MatrixProductPart { A = pa, ARow = k, AStep = 1, B = pb, BStep = n, BColumn = 1, C = pc, M = m, N = n, Depth = k, Accumulate = accumulate });
    }

    /// <summary>
    /// c[m,n] = a[m,k] * b[n,k]^T, the form of a linear layer whose weight b is [out, in]; with <paramref name="accumulate"/>, added to
    /// what c holds.
    /// </summary>
    public static void MultiplyTransposedB(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> c, int m, int n, int k, bool accumulate = false)
    {
        fixed (float* pa = a[..checked(m * k)], pb = b[..checked(n * k)], pc = c[..checked(m * n)])
            Run(new MatrixProductPart { A = pa, ARow = k, AStep = 1, B = pb, BStep = 1, BColumn = k, C = pc, M = m, N = n, Depth = k, Accumulate = accumulate });
    }

    /// <summary>c[m,n] = a[k,m]^T * b[k,n], the form of a weight gradient; with <paramref name="accumulate"/>, added to what c holds.</summary>
    public static void MultiplyTransposedA(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> c, int m, int n, int k, bool accumulate = false)
    {
        fixed (float* pa = a[..checked(k * m)], pb = b[..checked(k * n)], pc = c[..checked(m * n)])
            Run(new MatrixProductPart { A = pa, ARow = 1, AStep = m, B = pb, BStep = n, BColumn = 1, C = pc, M = m, N = n, Depth = k, Accumulate = accumulate });
    }

    /// <summary>y = activation(x weight^T + bias) + residual: x [m, k], weight [n, k] in any stored type, bias [1, n], residual and y [m, n].</summary>
    public static void Linear(CpuTensor x, CpuWeight weight, CpuTensor? bias, Activation activation, CpuTensor? residual, CpuTensor y)
    {
        var packed = weight as PackedWeight;
        if (x.Rows == 1 && packed is null)
        {
            LinearOfOneRow(x, weight, bias, activation, residual, y);
            return;
        }

        fixed (float* a = x.Span, b = weight.IsFloat32 ? weight.Float32 : default, c = y.Span)
        fixed (float* pBias = bias is null ? default : bias.Span, pResidual = residual is null ? default : residual.Span)
            Run(new MatrixProductPart
            {
                A = a,
                ARow = x.Columns,
                AStep = 1,
                B = b,
                BStep = 1,
                BColumn = x.Columns,
                Stored = weight.IsFloat32 ? null : weight,
                Packed = packed,
                C = c,
                M = x.Rows,
                N = weight.Rows,
                Depth = x.Columns,
                Bias = pBias,
                Residual = pResidual,
                Activation = activation,
            });
    }

    private static void LinearOfOneRow(CpuTensor x, CpuWeight weight, CpuTensor? bias, Activation activation, CpuTensor? residual, CpuTensor y)
    {
        fixed (float* px = x.Span, py = y.Span, pBias = bias is null ? default : bias.Span, pResidual = residual is null ? default : residual.Span)
        {
            var part = new MatrixVectorPart { X = px, Y = py, Bias = pBias, Residual = pResidual, Weight = weight, Activation = activation };
            ParallelLoop<MatrixVectorPart>.Run(part.Parts, part);
        }
    }

    private static void Run(MatrixProductPart product)
    {
        if (product.M == 0 || product.N == 0)
            return;
        var threads = (long)product.M * product.N * product.Depth < ParallelThreshold ? 1 : Environment.ProcessorCount;
        var columnTiles = Tiles(product.N, MatrixKernel.Columns);
        var rowTiles = Tiles(product.M, MatrixKernel.Rows);
        var blocks = Tiles(product.N, MatrixProductPart.ColumnBlock);
        // Columns are cut first, because each part then packs its own columns of b; rows where columns are too few.
        product.RowParts = columnTiles >= 2 * threads ? 1 : Math.Min(rowTiles, threads * Tiles(product.M, threads * RowsPerPart));
        product.ColumnParts = product.RowParts > 1 ? blocks : Math.Min(columnTiles, threads * Tiles(blocks, threads));
        var parts = product.RowParts * product.ColumnParts;
        if (threads > 1)
            ParallelLoop<MatrixProductPart>.Run(parts, product);
        else
            for (var part = 0; part < parts; part++)
                product.Run(part);
    }

    private static int Tiles(int length, int tile) => (length + tile - 1) / tile;
}
