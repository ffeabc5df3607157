using System.Buffers;
using System.Numerics.Tensors;

namespace Microsoft.ML.Score.Kernels.Simd;

/// <summary>
/// Vectors and threads of this machine. Work is cut by rows, panels or heads and every element is computed by one thread in
/// one order, so results do not depend on the number of threads.
/// </summary>
internal sealed class SimdKernels : CpuKernels
{
    // Below this many element operations handing rows to other threads costs more than it saves.
    private const long ParallelThreshold = 1 << 19;

    // Values of a weight that is packed once: those of small models, whose products have too few rows to make packing cheap.
    // Larger weights are not worth having twice; 1,000 rows hide it.
    private const int PackedLimit = 1 << 18;

    public override Weight UploadWeight(IStoredValues values, int firstRow, int rows, int columns) =>
        values.IsFloat32 && rows * columns is > 0 and <= PackedLimit
            ? new PackedWeight(values, firstRow, rows, columns)
            : base.UploadWeight(values, firstRow, rows, columns);

    public override Tensor Linear(Tensor x, Weight weight, Tensor? bias = null, Activation activation = Activation.None, Tensor? residual = null)
    {
        var y = new CpuTensor(x.Rows, weight.Rows);
        MatrixProduct.Linear((CpuTensor)x, (CpuWeight)weight, (CpuTensor?)bias, activation, (CpuTensor?)residual, y);
        return y;
    }

    public override Tensor RmsNorm(Tensor x, Tensor weight, float epsilon)
    {
        var (input, w) = ((CpuTensor)x, (CpuTensor)weight);
        var y = new CpuTensor(x.Rows, x.Columns);
        ForRows(x.Rows, 3L * x.Columns, (from, to) =>
        {
            for (var i = from; i < to; i++)
                RowKernels.RmsNorm(input.Row(i), w.Span, epsilon, y.Row(i));
        });
        return y;
    }

    public override Tensor LayerNorm(Tensor x, Tensor weight, Tensor bias, float epsilon)
    {
        var (input, w, b) = ((CpuTensor)x, (CpuTensor)weight, (CpuTensor)bias);
        var y = new CpuTensor(x.Rows, x.Columns);
        ForRows(x.Rows, 5L * x.Columns, (from, to) =>
        {
            for (var i = from; i < to; i++)
            {
                var row = input.Row(i);
                var result = y.Row(i);
                TensorPrimitives.Subtract(row, TensorPrimitives.Sum<float>(row) / row.Length, result);
                var scale = 1 / MathF.Sqrt(TensorPrimitives.SumOfSquares<float>(result) / row.Length + epsilon);
                TensorPrimitives.Multiply(result, scale, result);
                TensorPrimitives.MultiplyAdd<float>(result, w.Span, b.Span, result);
            }
        });
        return y;
    }

    public override void Rotary(Tensor x, Tensor cos, Tensor sin)
    {
        var (values, c, s) = ((CpuTensor)x, (CpuTensor)cos, (CpuTensor)sin);
        var half = cos.Columns;
        ForRows(x.Rows, 4L * x.Columns, (from, to) =>
        {
            for (var i = from; i < to; i++)
                for (var head = 0; head < values.Columns; head += 2 * half)
                    RowKernels.Rotary(values.Row(i).Slice(head, 2 * half), c.Row(i), s.Row(i));
        });
    }

    public override Tensor Attention(Tensor q, Tensor k, Tensor v, ReadOnlySpan<AttentionSegment> segments, int headDimension, bool causal)
    {
        var y = new CpuTensor(q.Rows, q.Columns);
        TiledAttention.Run((CpuTensor)q, (CpuTensor)k, (CpuTensor)v, segments, headDimension, causal, y);
        return y;
    }

    public override Tensor SwiGlu(Tensor gate, Tensor up)
    {
        var (g, u) = ((CpuTensor)gate, (CpuTensor)up);
        var y = new CpuTensor(gate.Rows, gate.Columns);
        ForRows(gate.Rows, 15L * gate.Columns, (from, to) =>
        {
            for (var i = from; i < to; i++)
                Exponential.SwiGlu(g.Row(i), u.Row(i), y.Row(i));
        });
        return y;
    }

    public override double[] CrossEntropy(Tensor logits, ReadOnlySpan<int> targets)
    {
        var losses = new double[logits.Rows];
        var ids = targets.ToArray();
        ForRows(logits.Rows, 5L * logits.Columns, (from, to) =>
        {
            var row = ArrayPool<float>.Shared.Rent(logits.Columns);
            for (var i = from; i < to; i++)
            {
                ((CpuTensor)logits).Row(i).CopyTo(row);
                losses[i] = RowKernels.CrossEntropy(row.AsSpan(0, logits.Columns), ids[i]);
            }

            ArrayPool<float>.Shared.Return(row);
        });
        return losses;
    }

    private static void ForRows(int rows, long costPerRow, Action<int, int> body)
    {
        var parts = (int)Math.Min(Math.Min(Environment.ProcessorCount, rows), rows * costPerRow / ParallelThreshold + 1);
        if (parts <= 1)
            body(0, rows);
        else
            ParallelLoop<RowPart>.Run(parts, new RowPart(rows, parts, body));
    }

    private readonly record struct RowPart(int Rows, int Parts, Action<int, int> Body) : ILoopBody
    {
        public void Run(int index) => Body((int)((long)Rows * index / Parts), (int)((long)Rows * (index + 1) / Parts));
    }
}
