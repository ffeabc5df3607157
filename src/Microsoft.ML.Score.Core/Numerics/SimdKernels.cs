using System.Buffers;
using System.Numerics.Tensors;

namespace Microsoft.ML.Score.Numerics;

/// <summary>
/// Vectors and threads of this machine. Work is cut by rows, panels or heads and every element is computed by one thread in
/// one order, so results do not depend on the number of threads.
/// </summary>
internal sealed class SimdKernels : CpuKernels
{
    // Rows of a 16-bit weight that are widened at a time.
    private const int PanelRows = 256;

    // Below this many element operations handing rows to other threads costs more than it saves.
    private const long ParallelThreshold = 1 << 18;

    public override Tensor Linear(Tensor x, Weight weight, Tensor? bias = null, Activation activation = Activation.None, Tensor? residual = null)
    {
        var (input, w) = ((CpuTensor)x, (CpuWeight)weight);
        var y = new CpuTensor(x.Rows, weight.Rows);
        var product = activation == Activation.None ? residual : null;
        Start(y, (CpuTensor?)bias, (CpuTensor?)product);
        var accumulate = bias is not null || product is not null;
        if (w.IsFloat32)
            MatrixProduct.MultiplyTransposedB(input.Span, w.Float32, y.Span, x.Rows, w.Rows, w.Columns, accumulate);
        else
            MultiplyPanels(input, w, y, accumulate);

        if (activation != Activation.None)
            Finish(y, activation, (CpuTensor?)residual);
        return y;
    }

    /// <summary>y = bias + residual, whichever is there: what the product is then added to.</summary>
    private static void Start(CpuTensor y, CpuTensor? bias, CpuTensor? residual)
    {
        if (bias is null && residual is null)
            return;
        for (var i = 0; i < y.Rows; i++)
            if (residual is null)
                bias!.Span.CopyTo(y.Row(i));
            else if (bias is null)
                residual.Row(i).CopyTo(y.Row(i));
            else
                TensorPrimitives.Add(residual.Row(i), bias.Span, y.Row(i));
    }

    private static void Finish(CpuTensor y, Activation activation, CpuTensor? residual) =>
        ForRows(y.Rows, 20L * y.Columns, (from, to) =>
        {
            for (var i = from; i < to; i++)
            {
                var row = y.Row(i);
                if (activation == Activation.Gelu)
                    Gelu.Apply(row, row);
                else
                    GeluTanh(row);
                if (residual is not null)
                    TensorPrimitives.Add<float>(row, residual.Row(i), row);
            }
        });

    /// <summary>0.5 x (1 + tanh z) = x / (1 + exp(-2z)), z = sqrt(2/pi) (x + 0.044715 x^3).</summary>
    private static void GeluTanh(Span<float> x)
    {
        const float scale = 1.5957691f;
        Span<float> sigmoid = stackalloc float[64];
        for (; x.Length > 0; x = x[Math.Min(64, x.Length)..])
        {
            var block = x[..Math.Min(64, x.Length)];
            var gate = sigmoid[..block.Length];
            TensorPrimitives.Multiply<float>(block, block, gate);
            TensorPrimitives.Multiply(gate, scale * 0.044715f, gate);
            TensorPrimitives.Add(gate, scale, gate);
            TensorPrimitives.Multiply<float>(gate, block, gate);
            TensorPrimitives.Sigmoid<float>(gate, gate);
            TensorPrimitives.Multiply<float>(block, gate, block);
        }
    }

    private static void MultiplyPanels(CpuTensor x, CpuWeight weight, CpuTensor y, bool accumulate)
    {
        var rows = Math.Min(PanelRows, weight.Rows);
        var panel = ArrayPool<float>.Shared.Rent(rows * weight.Columns);
        var products = ArrayPool<float>.Shared.Rent(x.Rows * rows);
        for (var start = 0; start < weight.Rows; start += rows)
        {
            var count = Math.Min(rows, weight.Rows - start);
            weight.Widen(start, panel.AsSpan(0, count * weight.Columns));
            MatrixProduct.MultiplyTransposedB(x.Span, panel, products, x.Rows, count, weight.Columns);
            for (var i = 0; i < x.Rows; i++)
            {
                var part = products.AsSpan(i * count, count);
                var destination = y.Row(i).Slice(start, count);
                if (accumulate)
                    TensorPrimitives.Add<float>(destination, part, destination);
                else
                    part.CopyTo(destination);
            }
        }

        ArrayPool<float>.Shared.Return(panel);
        ArrayPool<float>.Shared.Return(products);
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
            Parallel.For(0, parts, part => body((int)((long)rows * part / parts), (int)((long)rows * (part + 1) / parts)));
    }
}
