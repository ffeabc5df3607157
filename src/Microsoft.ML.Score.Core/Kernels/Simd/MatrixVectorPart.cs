using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Score.Kernels.Simd;

/// <summary>
/// A linear layer of a single row, as in decoding: y = activation(weight x + bias) + residual, where every value of the weight is
/// used once and memory is the limit. Packing would cost more than the product, so each output is a dot product along a row of the
/// weight, summed in the lanes of vectors: in another order than <see cref="MatrixProduct"/> sums a row of a batch.
/// </summary>
internal unsafe struct MatrixVectorPart : ILoopBody
{
    private const int RowsPerPart = 64;

    public float* X, Y, Bias, Residual;
    public CpuWeight Weight;
    public Activation Activation;

    public readonly int Parts => (Weight.Rows + RowsPerPart - 1) / RowsPerPart;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int index)
    {
        var (from, to) = (index * RowsPerPart, Math.Min(Weight.Rows, (index + 1) * RowsPerPart));
        var x = new ReadOnlySpan<float>(X, Weight.Columns);
        var scratch = new Span<float>(ThreadScratch.Get(Weight.Columns), Weight.Columns);
        if (Weight.IsBFloat16)
        {
            SplitPairs(x, scratch);
            for (var row = from; row < to; row++)
                Y[row] = Dot(scratch, Weight.BFloat16(row));
        }
        else
        {
            for (var row = from; row < to; row++)
                Y[row] = TensorPrimitives.Dot(x, Row(row, scratch));
        }

        Finish(from, to - from);
    }

    private readonly ReadOnlySpan<float> Row(int row, Span<float> widened)
    {
        if (Weight.IsFloat32)
            return Weight.Float32.Slice(row * Weight.Columns, Weight.Columns);
        Weight.Widen(row, 0, widened);
        return widened;
    }

    /// <summary>First the values at even places, then those at odd ones, then the last one of an odd number.</summary>
    private static void SplitPairs(ReadOnlySpan<float> x, Span<float> split)
    {
        var pairs = x.Length / 2;
        for (var i = 0; i < pairs; i++)
            (split[i], split[pairs + i]) = (x[2 * i], x[2 * i + 1]);
        if (x.Length % 2 == 1)
            split[^1] = x[^1];
    }

    /// <summary>Sum of x times a row of bfloat16, of which a 32-bit word holds two: a shift widens the first, a mask the second.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Dot(ReadOnlySpan<float> split, ReadOnlySpan<ushort> row)
    {
        var pairs = row.Length / 2;
        var words = MemoryMarshal.Cast<ushort, uint>(row)[..pairs];
        var even = split[..pairs];
        var odd = split.Slice(pairs, pairs);
        var step = Vector<uint>.Count;
        var upperHalf = new Vector<uint>(0xFFFF0000);
        Vector<float> s0 = default, s1 = default, s2 = default, s3 = default;
        var i = 0;
        for (; i + 2 * step <= pairs; i += 2 * step)
        {
            var (first, second) = (new Vector<uint>(words[i..]), new Vector<uint>(words[(i + step)..]));
            s0 = Vector.MultiplyAddEstimate(Vector.AsVectorSingle(first << 16), new Vector<float>(even[i..]), s0);
            s1 = Vector.MultiplyAddEstimate(Vector.AsVectorSingle(first & upperHalf), new Vector<float>(odd[i..]), s1);
            s2 = Vector.MultiplyAddEstimate(Vector.AsVectorSingle(second << 16), new Vector<float>(even[(i + step)..]), s2);
            s3 = Vector.MultiplyAddEstimate(Vector.AsVectorSingle(second & upperHalf), new Vector<float>(odd[(i + step)..]), s3);
        }

        var sum = Vector.Sum(s0 + s1 + (s2 + s3));
        for (; i < pairs; i++)
            sum += BitConverter.UInt32BitsToSingle(words[i] << 16) * even[i] + BitConverter.UInt32BitsToSingle(words[i] & 0xFFFF0000) * odd[i];
        return row.Length % 2 == 1 ? sum + BitConverter.UInt32BitsToSingle((uint)row[^1] << 16) * split[^1] : sum;
    }

    private readonly void Finish(int from, int count)
    {
        var y = new Span<float>(Y + from, count);
        if (Bias is not null)
            TensorPrimitives.Add(y, new ReadOnlySpan<float>(Bias + from, count), y);
        if (Activation == Activation.Gelu)
            Gelu.Apply(y, y);
        else if (Activation == Activation.GeluTanh)
            Gelu.ApplyTanh(y);
        if (Residual is not null)
            TensorPrimitives.Add(y, new ReadOnlySpan<float>(Residual + from, count), y);
    }
}
