namespace Microsoft.ML.Score.Kernels;

/// <summary>Rows [firstRow, firstRow + rows) of a weight in main memory.</summary>
internal class CpuWeight(IStoredValues values, int firstRow, int rows, int columns) : Weight(rows, columns)
{
    /// <summary>Whether <see cref="Float32"/> gives the values without widening.</summary>
    public bool IsFloat32 => values.IsFloat32;

    public ReadOnlySpan<float> Float32 => values.Float32.Slice(firstRow * Columns, Rows * Columns);

    /// <summary>Whether <see cref="BFloat16"/> gives the values as they are stored.</summary>
    public bool IsBFloat16 => values.IsBFloat16;

    /// <summary>The bits of a row stored in bfloat16.</summary>
    public ReadOnlySpan<ushort> BFloat16(int row) => values.BFloat16((long)(firstRow + row) * Columns, Columns);

    /// <summary>Widens columns [column, column + destination.Length) of a row.</summary>
    public void Widen(int row, int column, Span<float> destination) => values.Read((long)(firstRow + row) * Columns + column, destination);

    public override void Dispose()
    {
    }
}
