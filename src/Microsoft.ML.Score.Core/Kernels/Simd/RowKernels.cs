using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Score.Kernels.Simd;

/// <summary>Vector loops over one row. Rows are short in small models, so each is one pass without calls inside.</summary>
internal static class RowKernels
{
    public static void RmsNorm(ReadOnlySpan<float> x, ReadOnlySpan<float> weight, float epsilon, Span<float> y)
    {
        var xs = MemoryMarshal.Cast<float, Vector<float>>(x);
        var weights = MemoryMarshal.Cast<float, Vector<float>>(weight)[..xs.Length];
        var ys = MemoryMarshal.Cast<float, Vector<float>>(y)[..xs.Length];
        var tail = xs.Length * Vector<float>.Count;
        var sums = Vector<float>.Zero;
        foreach (var vector in xs)
            sums = Vector.MultiplyAddEstimate(vector, vector, sums);
        var squares = Vector.Sum(sums);
        foreach (var value in x[tail..])
            squares += value * value;

        var scale = 1 / MathF.Sqrt(squares / x.Length + epsilon);
        for (var i = 0; i < xs.Length; i++)
            ys[i] = xs[i] * scale * weights[i];
        for (var i = tail; i < x.Length; i++)
            y[i] = x[i] * scale * weight[i];
    }

    /// <summary>Rotates one head [2 * half] in place.</summary>
    public static void Rotary(Span<float> head, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin)
    {
        var half = cos.Length;
        var a = head[..half];
        var b = head[half..];
        var i = 0;
        for (; i <= half - Vector<float>.Count; i += Vector<float>.Count)
        {
            var (av, bv) = (new Vector<float>(a[i..]), new Vector<float>(b[i..]));
            var (c, s) = (new Vector<float>(cos[i..]), new Vector<float>(sin[i..]));
            (av * c - bv * s).CopyTo(a[i..]);
            (bv * c + av * s).CopyTo(b[i..]);
        }

        for (; i < half; i++)
            (a[i], b[i]) = (a[i] * cos[i] - b[i] * sin[i], b[i] * cos[i] + a[i] * sin[i]);
    }

    /// <summary>-log softmax(row)[target]; the row is overwritten.</summary>
    public static double CrossEntropy(Span<float> logits, int target)
    {
        const int block = 4096;
        var (picked, largest, total) = (logits[target], TensorPrimitives.Max<float>(logits), 0.0);
        for (; logits.Length > 0; logits = logits[Math.Min(block, logits.Length)..])
            total += Exponential.ShiftedInPlace(logits[..Math.Min(block, logits.Length)], largest);
        return largest + Math.Log(total) - picked;
    }
}
