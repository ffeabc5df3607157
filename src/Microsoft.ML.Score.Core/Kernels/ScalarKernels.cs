namespace Microsoft.ML.Score.Kernels;

/// <summary>The reference: plain loops that read like the formulas, summing in double precision. Slow, and the oracle of every other backend.</summary>
internal sealed class ScalarKernels : CpuKernels
{
    public override Tensor Linear(Tensor x, Weight weight, Tensor? bias = null, Activation activation = Activation.None, Tensor? residual = null)
    {
        var y = new CpuTensor(x.Rows, weight.Rows);
        var w = new float[weight.Columns];
        for (var o = 0; o < weight.Rows; o++)
        {
            ((CpuWeight)weight).Widen(o, 0, w);
            for (var i = 0; i < x.Rows; i++)
            {
                var row = ((CpuTensor)x).Row(i);
                var sum = bias is null ? 0.0 : ((CpuTensor)bias).Span[o];
                for (var j = 0; j < w.Length; j++)
                    sum += (double)row[j] * w[j];
                y.Row(i)[o] = (float)(Activate(sum, activation) + (residual is null ? 0f : ((CpuTensor)residual).Row(i)[o]));
            }
        }

        return y;
    }

    public override Tensor RmsNorm(Tensor x, Tensor weight, float epsilon)
    {
        var y = new CpuTensor(x.Rows, x.Columns);
        var w = ((CpuTensor)weight).Span;
        for (var i = 0; i < x.Rows; i++)
        {
            var row = ((CpuTensor)x).Row(i);
            var result = y.Row(i);
            var squares = 0.0;
            foreach (var value in row)
                squares += (double)value * value;
            var scale = 1 / Math.Sqrt(squares / row.Length + epsilon);
            for (var j = 0; j < row.Length; j++)
                result[j] = (float)(row[j] * scale * w[j]);
        }

        return y;
    }

    public override Tensor LayerNorm(Tensor x, Tensor weight, Tensor bias, float epsilon)
    {
        var y = new CpuTensor(x.Rows, x.Columns);
        var w = ((CpuTensor)weight).Span;
        var b = ((CpuTensor)bias).Span;
        for (var i = 0; i < x.Rows; i++)
        {
            var row = ((CpuTensor)x).Row(i);
            var result = y.Row(i);
            double mean = 0, variance = 0;
            foreach (var value in row)
                mean += value;
            mean /= row.Length;
            foreach (var value in row)
                variance += (value - mean) * (value - mean);
            var scale = 1 / Math.Sqrt(variance / row.Length + epsilon);
            for (var j = 0; j < row.Length; j++)
                result[j] = (float)((row[j] - mean) * scale * w[j] + b[j]);
        }

        return y;
    }

    public override void Rotary(Tensor x, Tensor cos, Tensor sin)
    {
        var half = cos.Columns;
        for (var i = 0; i < x.Rows; i++)
        {
            var c = ((CpuTensor)cos).Row(i);
            var s = ((CpuTensor)sin).Row(i);
            for (var head = 0; head < x.Columns; head += 2 * half)
            {
                var values = ((CpuTensor)x).Row(i).Slice(head, 2 * half);
                for (var j = 0; j < half; j++)
                {
                    var (a, b) = (values[j], values[j + half]);
                    values[j] = a * c[j] - b * s[j];
                    values[j + half] = b * c[j] + a * s[j];
                }
            }
        }
    }

    public override Tensor Attention(Tensor q, Tensor k, Tensor v, ReadOnlySpan<AttentionSegment> segments, int headDimension, bool causal)
    {
        var y = new CpuTensor(q.Rows, q.Columns);
        var heads = q.Columns / headDimension;
        var group = q.Columns / k.Columns;
        foreach (var segment in segments)
            for (var i = 0; i < segment.QueryCount; i++)
                for (var head = 0; head < heads; head++)
                {
                    var visible = causal ? segment.KeyCount - segment.QueryCount + i + 1 : segment.KeyCount;
                    var keyRows = Enumerable.Range(segment.PrefixStart, segment.PrefixCount).Concat(Enumerable.Range(segment.KeyStart, visible)).ToArray();
                    AttendOne(
                        ((CpuTensor)q).Row(segment.QueryStart + i).Slice(head * headDimension, headDimension),
                        (CpuTensor)k, (CpuTensor)v, keyRows, head / group * headDimension,
                        y.Row(segment.QueryStart + i).Slice(head * headDimension, headDimension));
                }

        return y;
    }

    private static void AttendOne(ReadOnlySpan<float> query, CpuTensor k, CpuTensor v, int[] keyRows, int column, Span<float> result)
    {
        var weights = new double[keyRows.Length];
        var largest = double.NegativeInfinity;
        for (var j = 0; j < keyRows.Length; j++)
        {
            var key = k.Row(keyRows[j]).Slice(column, query.Length);
            for (var d = 0; d < query.Length; d++)
                weights[j] += (double)query[d] * key[d];
            weights[j] /= Math.Sqrt(query.Length);
            largest = Math.Max(largest, weights[j]);
        }

        var total = 0.0;
        for (var j = 0; j < weights.Length; j++)
            total += weights[j] = Math.Exp(weights[j] - largest);
        for (var d = 0; d < query.Length; d++)
        {
            var sum = 0.0;
            for (var j = 0; j < weights.Length; j++)
                sum += weights[j] * v.Row(keyRows[j])[column + d];
            result[d] = (float)(sum / total);
        }
    }

    public override Tensor SwiGlu(Tensor gate, Tensor up)
    {
        var y = new CpuTensor(gate.Rows, gate.Columns);
        var g = ((CpuTensor)gate).Span;
        var u = ((CpuTensor)up).Span;
        var result = y.Span;
        for (var i = 0; i < result.Length; i++)
            result[i] = (float)(g[i] / (1 + Math.Exp(-(double)g[i])) * u[i]);
        return y;
    }

    public override double[] CrossEntropy(Tensor logits, ReadOnlySpan<int> targets)
    {
        var losses = new double[logits.Rows];
        for (var i = 0; i < losses.Length; i++)
        {
            var row = ((CpuTensor)logits).Row(i);
            var largest = double.NegativeInfinity;
            foreach (var value in row)
                largest = Math.Max(largest, value);
            var total = 0.0;
            foreach (var value in row)
                total += Math.Exp(value - largest);
            losses[i] = largest + Math.Log(total) - row[targets[i]];
        }

        return losses;
    }

    private static double Activate(double x, Activation activation) => activation switch
    {
        Activation.Gelu => 0.5 * x * (1 + Erf(x / Math.Sqrt(2))),
        Activation.GeluTanh => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
        _ => x,
    };

    /// <summary>The error function by its all-positive series, erf(x) = 2/sqrt(pi) exp(-x^2) sum of 2^n x^(2n+1) / (1*3*...*(2n+1)).</summary>
    private static double Erf(double x)
    {
        if (double.IsNaN(x) || Math.Abs(x) > 6)
            return double.IsNaN(x) ? x : Math.Sign(x);
        var (term, sum) = (x, x);
        for (var n = 1; Math.Abs(term) > 1e-17 * Math.Abs(sum); n++)
            sum += term *= 2 * x * x / (2 * n + 1);
        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }
}
