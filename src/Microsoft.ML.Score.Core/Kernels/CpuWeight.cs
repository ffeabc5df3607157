using Microsoft.ML.Score.Kernels.Simd;

namespace Microsoft.ML.Score.Kernels;

/// <summary>Rows [firstRow, firstRow + rows) of a weight in main memory.</summary>
internal sealed class CpuWeight(IStoredValues values, int firstRow, int rows, int columns) : Weight(rows, columns)
{
    /// <summary>The panels that <see cref="MatrixProductPart"/> would pack on every call, if they are kept.</summary>
    public PackedWeight? Packed { get; private set; }

    /// <summary>Whether <see cref="Float32"/> gives the values without widening.</summary>
    public bool IsFloat32 => values.IsFloat32;

    public ReadOnlySpan<float> Float32 => values.Float32.Slice(firstRow * Columns, Rows * Columns);

    /// <summary>Whether <see cref="BFloat16"/> gives the values as they are stored.</summary>
    public bool IsBFloat16 => values.IsBFloat16;

    /// <summary>The bits of a row stored in bfloat16.</summary>
    public ReadOnlySpan<ushort> BFloat16(int row) => values.BFloat16((long)(firstRow + row) * Columns, Columns);

    /// <summary>Widens columns [column, column + destination.Length) of a row.</summary>
    public void Widen(int row, int column, Span<float> destination) => values.Read((long)(firstRow + row) * Columns + column, destination);

    /// <summary>Packs the weight once for all calls; it then takes its size in memory again.</summary>
    public CpuWeight Pack()
    {
        Packed = new PackedWeight(Float32, Rows, Columns);
        return this;
    }

    public override void Dispose()
    {
    }
}
