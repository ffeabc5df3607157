using System.Runtime.CompilerServices;

namespace Microsoft.ML.Score.Kernels.Simd;

/// <summary>
/// A weight in single precision that is packed once for all calls, and then takes its size in memory again: in panels of
/// <see cref="MatrixKernel.Columns"/> of its rows, each [depth, Columns], as <see cref="MatrixKernel"/> reads them; zero beyond the last row.
/// </summary>
internal sealed unsafe class PackedWeight : CpuWeight
{
    private readonly float[] _values;

    public PackedWeight(IStoredValues values, int firstRow, int rows, int depth)
        : base(values, firstRow, rows, depth)
    {
        const int cacheLine = 64;
        var columns = MatrixKernel.Columns;
        _values = GC.AllocateArray<float>((rows + columns - 1) / columns * columns * depth + cacheLine / sizeof(float), pinned: true);
        Start = (float*)(((nint)Unsafe.AsPointer(ref _values[0]) + cacheLine - 1) & ~(cacheLine - 1));
        fixed (float* source = Float32)
            for (var row = 0; row < rows; row += columns)
                Panels.Transpose(source + row * depth, depth, Math.Min(columns, rows - row), depth, Start + row * depth, columns);
    }

    /// <summary>The first panel; valid as long as this object.</summary>
    public float* Start { get; }
}
