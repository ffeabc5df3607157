using System.Buffers;

namespace Microsoft.ML.Score.Numerics;

/// <summary>A tensor in main memory, rented from the shared pool.</summary>
internal sealed class CpuTensor : Tensor
{
    private readonly bool _owner;
    private float[]? _values;

    public CpuTensor(int rows, int columns)
        : this(rows, columns, ArrayPool<float>.Shared.Rent(checked(rows * columns)), owner: true)
    {
    }

    private CpuTensor(int rows, int columns, float[] values, bool owner)
        : base(rows, columns)
    {
        _values = values;
        _owner = owner;
    }

    public Span<float> Span => Values.AsSpan(0, Rows * Columns);

    private float[] Values => _values ?? throw new ObjectDisposedException(nameof(CpuTensor));

    public Span<float> Row(int row) => Values.AsSpan(row * Columns, Columns);

    public override Tensor Reshape(int rows, int columns) =>
        rows * columns == Rows * Columns
            ? new CpuTensor(rows, columns, Values, owner: false)
            : throw new ArgumentException($"A tensor {this} cannot be seen as [{rows}, {columns}].");

    public override void Dispose()
    {
        if (Interlocked.Exchange(ref _values, null) is { } values && _owner)
            ArrayPool<float>.Shared.Return(values);
    }
}

/// <summary>Rows [firstRow, firstRow + rows) of a weight in main memory.</summary>
internal sealed class CpuWeight(IStoredValues values, int firstRow, int rows, int columns) : Weight(rows, columns)
{
    /// <summary>Whether <see cref="Float32"/> gives the values without widening.</summary>
    public bool IsFloat32 => values.IsFloat32;

    public ReadOnlySpan<float> Float32 => values.Float32.Slice(firstRow * Columns, Rows * Columns);

    /// <summary>Widens rows [row, row + destination.Length / Columns).</summary>
    public void Widen(int row, Span<float> destination) => values.Read((long)(firstRow + row) * Columns, destination);

    public override void Dispose()
    {
    }
}
