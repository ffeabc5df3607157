using Microsoft.ML.Score.Kernels;
using TorchSharp;

namespace Microsoft.ML.Score.TorchSharp;

/// <summary>
/// A contiguous tensor of torch's. A view holds no handle of its own, for those who take one need not dispose it: memory of a GPU would wait
/// for the garbage collector.
/// </summary>
internal sealed class TorchTensor : Tensor
{
    private readonly TorchTensor? _owner;
    private readonly long _start;
    private torch.Tensor? _values;

    /// <param name="values">[rows, columns], owned from here on.</param>
    public TorchTensor(torch.Tensor values)
        : base((int)values.shape[0], (int)values.shape[1]) =>
        _values = values;

    private TorchTensor(TorchTensor source, long start, int rows, int columns)
        : base(rows, columns) =>
        (_owner, _start) = (source._owner ?? source, source._start + start);

    /// <summary>The values, for use within the present dispose scope.</summary>
    public torch.Tensor Values
    {
        get
        {
            var values = (_owner ?? this)._values;
            ObjectDisposedException.ThrowIf(values is null, this);
            return _owner is null ? values : values.view(-1).narrow(0, _start, (long)Rows * Columns).view(Rows, Columns);
        }
    }

    public override Tensor Reshape(int rows, int columns) =>
        (long)rows * columns == (long)Rows * Columns
            ? new TorchTensor(this, 0, rows, columns)
            : throw new ArgumentException($"A tensor {this} cannot be seen as [{rows}, {columns}].");

    public override Tensor RowRange(int start, int count) =>
        start >= 0 && count >= 0 && start <= Rows - count
            ? new TorchTensor(this, (long)start * Columns, count, Columns)
            : throw new ArgumentException($"A tensor {this} has no rows [{start}, {start + count}).");

    public override void Dispose() => Interlocked.Exchange(ref _values, null)?.Dispose();
}

/// <summary>A weight on the device, in bfloat16 where it is stored or computed with in it and in single precision otherwise.</summary>
internal sealed class TorchWeight(torch.Tensor values) : Weight((int)values.shape[0], (int)values.shape[1])
{
    public torch.Tensor Values { get; } = values;

    public override void Dispose() => Values.Dispose();
}
