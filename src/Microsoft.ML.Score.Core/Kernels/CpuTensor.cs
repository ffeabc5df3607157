using System.Buffers;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Score.Kernels;

/// <summary>A tensor in main memory.</summary>
internal sealed unsafe class CpuTensor : Tensor
{
    // Values up to which memory is rented. The pool rounds lengths up to a power of two and keeps what comes back; larger
    // tensors take just their size from the system and return it when they are disposed.
    private const int PooledLimit = 1 << 20;

    private const int CacheLine = 64;

    private readonly bool _owner;
    private readonly int _start;
    private float[]? _pooled;
    private nint _native;

    public CpuTensor(int rows, int columns)
        : base(rows, columns)
    {
        var length = checked(rows * columns);
        _owner = true;
        if (length <= PooledLimit)
            _pooled = ArrayPool<float>.Shared.Rent(length);
        else
            _native = (nint)NativeMemory.AlignedAlloc((nuint)length * sizeof(float), CacheLine);
    }

    /// <summary>A view of another tensor's values from <paramref name="start"/> on.</summary>
    private CpuTensor(CpuTensor source, int start, int rows, int columns)
        : base(rows, columns) =>
        (_start, _pooled, _native) = (source._start + start, source._pooled, source._native);

    public Span<float> Span => Slice(0, Rows * Columns);

    public Span<float> Row(int row) => Slice(row * Columns, Columns);

    public override Tensor Reshape(int rows, int columns) =>
        rows * columns == Rows * Columns
            ? new CpuTensor(this, 0, rows, columns)
            : throw new ArgumentException($"A tensor {this} cannot be seen as [{rows}, {columns}].");

    public override Tensor RowRange(int start, int count) =>
        start >= 0 && count >= 0 && start <= Rows - count
            ? new CpuTensor(this, start * Columns, count, Columns)
            : throw new ArgumentException($"A tensor {this} has no rows [{start}, {start + count}).");

    public override void Dispose()
    {
        var pooled = Interlocked.Exchange(ref _pooled, null);
        var native = Interlocked.Exchange(ref _native, 0);
        if (!_owner)
            return;
        if (pooled is not null)
            ArrayPool<float>.Shared.Return(pooled);
        NativeMemory.AlignedFree((void*)native);
    }

    private Span<float> Slice(int start, int length)
    {
        if (_pooled is { } pooled)
            return pooled.AsSpan(_start + start, length);
        ObjectDisposedException.ThrowIf(_native == 0, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)start + (uint)length, (uint)Rows * (uint)Columns);
        return new Span<float>((float*)_native + _start + start, length);
    }
}
