using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Score.Numerics;

/// <summary>
/// Products of row-major single-precision matrices. Each element of the result is summed in one fixed order (fused
/// multiply-adds in ascending k within blocks of <see cref="DepthBlock"/>, then block by block), whatever the number of
/// threads, the vector width and the other rows and columns: a row gives the same bits alone and in a batch.
/// </summary>
internal static unsafe class MatrixProduct
{
    /// <summary>k is cut into blocks of this many terms, so that a panel of b stays in the cache.</summary>
    public const int DepthBlock = 256;

    private const int ColumnBlock = 256;

    // Below this many multiply-adds handing work to other threads costs more than it saves.
    private const long ParallelThreshold = 1 << 20;

    /// <summary>c[m,n] = a[m,k] * b[k,n]; with <paramref name="accumulate"/>, added to what c holds.</summary>
    public static void Multiply(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> c, int m, int n, int k, bool accumulate = false)
    {
        fixed (float* pa = a[..checked(m * k)], pb = b[..checked(k * n)], pc = c[..checked(m * n)])
            Run(new Operands(pa, k, 1, pb, n, 1, pc, n, k, accumulate), m, n);
    }

    /// <summary>c[m,n] = a[m,k] * b[n,k]^T, the form of a linear layer whose weight b is [out, in]; with <paramref name="accumulate"/>, added to what c holds.</summary>
    public static void MultiplyTransposedB(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> c, int m, int n, int k, bool accumulate = false)
    {
        fixed (float* pa = a[..checked(m * k)], pb = b[..checked(n * k)], pc = c[..checked(m * n)])
            Run(new Operands(pa, k, 1, pb, 1, k, pc, n, k, accumulate), m, n);
    }

    /// <summary>c[m,n] = a[k,m]^T * b[k,n], the form of a weight gradient; with <paramref name="accumulate"/>, added to what c holds.</summary>
    public static void MultiplyTransposedA(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> c, int m, int n, int k, bool accumulate = false)
    {
        fixed (float* pa = a[..checked(k * m)], pb = b[..checked(k * n)], pc = c[..checked(m * n)])
            Run(new Operands(pa, 1, m, pb, n, 1, pc, n, k, accumulate), m, n);
    }

    /// <summary>a(i,p) stands at A[i*ARow + p*AStep], b(p,j) at B[p*BStep + j*BColumn], c(i,j) at C[i*CRow + j].</summary>
    private readonly struct Operands(float* a, nint aRow, nint aStep, float* b, nint bStep, nint bColumn, float* c, nint cRow, int depth, bool accumulate)
    {
        public readonly float* A = a, B = b, C = c;
        public readonly nint ARow = aRow, AStep = aStep, BStep = bStep, BColumn = bColumn, CRow = cRow;
        public readonly int Depth = depth;
        public readonly bool Accumulate = accumulate;
    }

    private static void Run(Operands operands, int m, int n)
    {
        if (m == 0 || n == 0)
            return;
        var threads = Environment.ProcessorCount;
        if (threads == 1 || (long)m * n * operands.Depth < ParallelThreshold)
        {
            RunBlock(operands, 0, m, 0, n);
            return;
        }

        // Columns are cut first, because each part then packs its own columns of b; rows where columns are too few.
        var byColumns = n >= 2 * threads * MatrixKernel.Columns;
        var (length, unit) = byColumns ? (n, MatrixKernel.Columns) : (m, MatrixKernel.Rows);
        var tiles = (length + unit - 1) / unit;
        var parts = Math.Min(threads, tiles);
        Parallel.For(0, parts, part =>
        {
            var from = (int)((long)tiles * part / parts) * unit;
            var to = Math.Min(length, (int)((long)tiles * (part + 1) / parts) * unit);
            if (byColumns)
                RunBlock(operands, 0, m, from, to);
            else
                RunBlock(operands, from, to, 0, n);
        });
    }

    /// <summary>The elements of c in rows [rowFrom, rowTo) and columns [columnFrom, columnTo).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunBlock(in Operands x, int rowFrom, int rowTo, int columnFrom, int columnTo)
    {
        const int rows = MatrixKernel.Rows;
        var columns = MatrixKernel.Columns;
        if (x.Depth == 0)
        {
            if (!x.Accumulate)
                for (var i = rowFrom; i < rowTo; i++)
                    new Span<float>(x.C + i * x.CRow + columnFrom, columnTo - columnFrom).Clear();
            return;
        }

        // Packed b, packed rows of a transposed a, and a tile for the ragged edges of c.
        var packedB = ThreadScratch.Get(DepthBlock * (ColumnBlock + rows) + rows * columns);
        var packedA = packedB + DepthBlock * ColumnBlock;
        var edge = packedA + DepthBlock * rows;
        Debug.Assert(ColumnBlock % columns == 0, "A column block holds whole panels.");

        for (var column = columnFrom; column < columnTo; column += ColumnBlock)
        {
            var width = Math.Min(ColumnBlock, columnTo - column);
            for (var start = 0; start < x.Depth; start += DepthBlock)
            {
                var depth = Math.Min(DepthBlock, x.Depth - start);
                var add = x.Accumulate || start > 0;
                for (var j = 0; j < width; j += columns)
                    PackPanel(x, start, depth, column + j, Math.Min(columns, width - j), packedB + j * depth);

                for (var row = rowFrom; row < rowTo; row += rows)
                {
                    var height = Math.Min(rows, rowTo - row);
                    var a = x.A + row * x.ARow + start * x.AStep;
                    var (aRow, aStep) = (x.ARow, x.AStep);
                    if (aStep != 1)
                    {
                        Panels.PackRows(a, x.AStep, depth, height, packedA);
                        a = packedA;
                        (aRow, aStep) = (1, rows);
                    }

                    for (var j = 0; j < width; j += columns)
                    {
                        var c = x.C + row * x.CRow + column + j;
                        if (height == rows && width - j >= columns)
                        {
                            MatrixKernel.Multiply(a, aRow, aStep, height, packedB + j * depth, depth, c, x.CRow, add);
                            continue;
                        }

                        MatrixKernel.Multiply(a, aRow, aStep, height, packedB + j * depth, depth, edge, columns, add: false);
                        StoreEdge(edge, columns, c, x.CRow, height, Math.Min(columns, width - j), add);
                    }
                }
            }
        }
    }

    /// <summary>panel[depth, Columns] = columns [column, column + width) of b, the rest zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackPanel(in Operands x, int start, int depth, int column, int width, float* panel)
    {
        var columns = MatrixKernel.Columns;
        var source = x.B + start * x.BStep + column * x.BColumn;
        if (width < columns)
            new Span<float>(panel, depth * columns).Clear();
        if (x.BColumn == 1)
        {
            for (var p = 0; p < depth; p++)
                new ReadOnlySpan<float>(source + p * x.BStep, width).CopyTo(new Span<float>(panel + p * columns, width));
            return;
        }

        Debug.Assert(x.BStep == 1, "One of the strides of b is 1.");
        Panels.Transpose(source, x.BColumn, width, depth, panel, columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void StoreEdge(float* tile, int tileRow, float* c, nint cRow, int height, int width, bool add)
    {
        for (var i = 0; i < height; i++, tile += tileRow, c += cRow)
            for (var j = 0; j < width; j++)
                c[j] = add ? c[j] + tile[j] : tile[j];
    }
}
