using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.Score.Kernels.Simd;

/// <summary>
/// The work of <see cref="MatrixProduct"/>, cut into parts that any thread may take: c = activation(a b + bias) + residual, where
/// a(i,p) stands at A[i*ARow + p*AStep], b(p,j) at B[p*BStep + j*BColumn] and c(i,j) at C[i*N + j]. Weights in a 16-bit type are
/// widened while they are packed, one panel at a time, so they are never all there in single precision.
/// </summary>
internal unsafe struct MatrixProductPart : ILoopBody
{
    /// <summary>The most columns of a part: with <see cref="MatrixProduct.DepthBlock"/> rows of b they fill a quarter of a 1 MB second-level cache.</summary>
    public const int ColumnBlock = 256;

    public float* A, B, C, Bias, Residual;
    public nint ARow, AStep, BStep, BColumn;
    public int M, N, Depth, RowParts, ColumnParts;
    public bool Accumulate;
    public Activation Activation;

    /// <summary>b where it is not in single precision; then B is not used.</summary>
    public CpuWeight? Stored;

    /// <summary>b where it was packed before.</summary>
    public PackedWeight? Packed;

    public readonly void Run(int index)
    {
        // Threads take parts in turn. Far apart they do not write to the same cache lines at the borders: a sixth of the time.
        var threads = Environment.ProcessorCount;
        var parts = RowParts * ColumnParts;
        if (parts % threads == 0)
            index = index % threads * (parts / threads) + index / threads;
        var (rowPart, columnPart) = (index / ColumnParts, index % ColumnParts);
        var row = Cut(M, MatrixKernel.Rows, rowPart, RowParts);
        var column = Cut(N, MatrixKernel.Columns, columnPart, ColumnParts);
        RunBlock(row, Cut(M, MatrixKernel.Rows, rowPart + 1, RowParts), column, Cut(N, MatrixKernel.Columns, columnPart + 1, ColumnParts) - column);
    }

    /// <summary>Where a part begins when a length is cut into parts of nearly as many whole tiles each.</summary>
    private static int Cut(int length, int tile, int part, int parts) =>
        (int)Math.Min(length, (length + tile - 1) / tile * (long)part / parts * tile);

    /// <summary>The elements of c in rows [rowFrom, rowTo) and columns [column, column + width).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void RunBlock(int rowFrom, int rowTo, int column, int width)
    {
        const int rows = MatrixKernel.Rows;
        var columns = MatrixKernel.Columns;
        // Packed b, a widened panel of it, packed rows of a transposed a, and a tile for the ragged edges of c.
        var packedB = ThreadScratch.Get(MatrixProduct.DepthBlock * (ColumnBlock + columns + rows) + rows * columns);
        var widened = packedB + MatrixProduct.DepthBlock * ColumnBlock;
        var packedA = widened + MatrixProduct.DepthBlock * columns;
        var edge = packedA + MatrixProduct.DepthBlock * rows;
        var start = 0;
        do
        {
            var depth = Math.Min(MatrixProduct.DepthBlock, Depth - start);
            for (var j = 0; j < width && Packed is null; j += columns)
                PackPanel(start, depth, column + j, Math.Min(columns, width - j), widened, packedB + j * depth);

            for (var row = rowFrom; row < rowTo; row += rows)
            {
                var height = Math.Min(rows, rowTo - row);
                var add = start > 0 || Begin(row, height, column, width);
                var a = A + row * ARow + start * AStep;
                var (aRow, aStep) = (ARow, AStep);
                if (aStep != 1)
                {
                    Panels.PackRows(a, AStep, depth, height, packedA);
                    a = packedA;
                    (aRow, aStep) = (1, rows);
                }

                for (var j = 0; j < width; j += columns)
                {
                    var c = C + (nint)row * N + column + j;
                    if (aStep == 1 && row + rows + j / columns < rowTo && j / columns < rows)
                        Prefetch(a + (rows + j / columns) * ARow, depth);
                    var b = Packed is null ? packedB + j * depth : Packed.Start + (column + j) * Depth + start * columns;
                    if (height == rows && width - j >= columns)
                    {
                        MatrixKernel.Multiply(a, aRow, aStep, height, b, depth, c, N, add);
                        continue;
                    }

                    MatrixKernel.Multiply(a, aRow, aStep, height, b, depth, edge, columns, add: false);
                    StoreEdge(edge, columns, c, height, Math.Min(columns, width - j), add);
                }

                if (start + depth == Depth && Activation != Activation.None)
                    Finish(row, height, column, width);
            }

            start += depth;
        }
        while (start < Depth);
    }

    /// <summary>
    /// Asks for values of the next tile while this one is computed: rows stand on pages of their own, where the processor does not look
    /// ahead.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(float* row, int depth)
    {
        if (Sse.IsSupported)
            for (var p = 0; p < depth; p += 16)
                Sse.Prefetch1(row + p);
    }

    /// <summary>c = bias, plus the residual unless an activation comes first; returns whether c holds what the product is added to.</summary>
    private readonly bool Begin(int row, int height, int column, int width)
    {
        var residual = Activation == Activation.None ? Residual : null;
        if (Bias is null && residual is null)
            return Accumulate;
        for (var i = row; i < row + height; i++)
        {
            var c = new Span<float>(C + (nint)i * N + column, width);
            if (residual is null)
                new ReadOnlySpan<float>(Bias + column, width).CopyTo(c);
            else if (Bias is null)
                new ReadOnlySpan<float>(residual + (nint)i * N + column, width).CopyTo(c);
            else
                TensorPrimitives.Add(new(residual + (nint)i * N + column, width), new ReadOnlySpan<float>(Bias + column, width), c);
        }

        return true;
    }

    /// <summary>c = activation(c) + residual, while the rows are in the cache.</summary>
    private readonly void Finish(int row, int height, int column, int width)
    {
        for (var i = row; i < row + height; i++)
        {
            var c = new Span<float>(C + (nint)i * N + column, width);
            if (Activation == Activation.Gelu)
                Gelu.Apply(c, c);
            else
                Gelu.ApplyTanh(c);
            if (Residual is not null)
                TensorPrimitives.Add(c, new ReadOnlySpan<float>(Residual + (nint)i * N + column, width), c);
        }
    }

    /// <summary>panel[depth, Columns] = columns [column, column + width) of b, the rest zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void PackPanel(int start, int depth, int column, int width, float* widened, float* panel)
    {
        var columns = MatrixKernel.Columns;
        if (width < columns)
            new Span<float>(panel, depth * columns).Clear();
        if (Stored is not null)
        {
            for (var j = 0; j < width; j++)
                Stored.Widen(column + j, start, new Span<float>(widened + j * depth, depth));
            Panels.Transpose(widened, depth, width, depth, panel, columns);
        }
        else if (BColumn == 1)
            for (var p = 0; p < depth; p++)
                new ReadOnlySpan<float>(B + (start + p) * BStep + column, width).CopyTo(new Span<float>(panel + p * columns, width));
        else
            Panels.Transpose(B + start * BStep + column * BColumn, BColumn, width, depth, panel, columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void StoreEdge(float* tile, int tileRow, float* c, int height, int width, bool add)
    {
        for (var i = 0; i < height; i++, tile += tileRow, c += N)
            for (var j = 0; j < width; j++)
                c[j] = add ? c[j] + tile[j] : tile[j];
    }
}
