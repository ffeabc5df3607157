using System.Numerics.Tensors;

namespace Microsoft.ML.Score.Kernels;

/// <summary>What the two backends in main memory share: tensors, weights and the moving of rows.</summary>
internal abstract class CpuKernels : IKernels
{
    public ActivationLimits Limits => ActivationLimits.MainMemory;

    public Tensor Allocate(int rows, int columns) => new CpuTensor(rows, columns);

    public Tensor Upload(ReadOnlySpan<float> values, int rows, int columns)
    {
        var x = new CpuTensor(rows, columns);
        values.CopyTo(x.Span);
        return x;
    }

    public void Download(Tensor x, Span<float> destination) => ((CpuTensor)x).Span.CopyTo(destination);

    public virtual Weight UploadWeight(IStoredValues values, int firstRow, int rows, int columns) => new CpuWeight(values, firstRow, rows, columns);

    public Tensor Embedding(Weight table, ReadOnlySpan<int> ids)
    {
        var y = new CpuTensor(ids.Length, table.Columns);
        for (var i = 0; i < ids.Length; i++)
            ((CpuWeight)table).Widen(ids[i], 0, y.Row(i));
        return y;
    }

    public Tensor Gather(Tensor x, ReadOnlySpan<int> rows)
    {
        var y = new CpuTensor(rows.Length, x.Columns);
        for (var i = 0; i < rows.Length; i++)
            ((CpuTensor)x).Row(rows[i]).CopyTo(y.Row(i));
        return y;
    }

    public void Scatter(Tensor source, ReadOnlySpan<int> rows, Tensor destination)
    {
        for (var i = 0; i < rows.Length; i++)
            ((CpuTensor)source).Row(i).CopyTo(((CpuTensor)destination).Row(rows[i]));
    }

    public void ScatterAdd(Tensor source, ReadOnlySpan<int> rows, Tensor destination)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            var row = ((CpuTensor)destination).Row(rows[i]);
            TensorPrimitives.Add(row, ((CpuTensor)source).Row(i), row);
        }
    }

    public bool AllFinite(Tensor x) => FiniteValues.FirstNotFinite(((CpuTensor)x).Span) < 0;

    public int[] ArgMax(Tensor x)
    {
        var best = new int[x.Rows];
        for (var i = 0; i < best.Length; i++)
        {
            var row = ((CpuTensor)x).Row(i);
            for (var j = 1; j < row.Length; j++)
                if (row[j] > row[best[i]])
                    best[i] = j;
        }

        return best;
    }

    public abstract Tensor Linear(Tensor x, Weight weight, Tensor? bias = null, Activation activation = Activation.None, Tensor? residual = null);

    public abstract Tensor RmsNorm(Tensor x, Tensor weight, float epsilon);

    public abstract Tensor LayerNorm(Tensor x, Tensor weight, Tensor bias, float epsilon);

    public abstract void Rotary(Tensor x, Tensor cos, Tensor sin);

    public abstract Tensor Attention(Tensor q, Tensor k, Tensor v, ReadOnlySpan<AttentionSegment> segments, int headDimension, bool causal);

    public abstract Tensor SwiGlu(Tensor gate, Tensor up);

    public abstract double[] CrossEntropy(Tensor logits, ReadOnlySpan<int> targets);
}
