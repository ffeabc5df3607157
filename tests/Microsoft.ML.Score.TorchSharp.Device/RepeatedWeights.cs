using System.Runtime.InteropServices;
using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.TorchSharp.Device;

/// <summary>
/// Another backend with weights that are not read: matrices repeat one block of random bfloat16, about as large as keeps activations alive, and
/// norms are one. Zeros would be computed with less power, and so faster.
/// </summary>
internal sealed class RepeatedWeights(IKernels kernels) : IKernels
{
    public ActivationLimits Limits => kernels.Limits;

    public Tensor Allocate(int rows, int columns) => kernels.Allocate(rows, columns);

    public Tensor Upload(ReadOnlySpan<float> values, int rows, int columns)
    {
        if (rows > 1)
            return kernels.Upload(values, rows, columns);
        var ones = new float[columns];
        ones.AsSpan().Fill(1);
        return kernels.Upload(ones, 1, columns);
    }

    public void Download(Tensor x, Span<float> destination) => kernels.Download(x, destination);

    public Weight UploadWeight(IStoredValues values, int firstRow, int rows, int columns) => kernels.UploadWeight(new RandomBlock(columns), firstRow, rows, columns);

    public Tensor Linear(Tensor x, Weight weight, Tensor? bias, Activation activation, Tensor? residual) => kernels.Linear(x, weight, bias, activation, residual);

    public Tensor RmsNorm(Tensor x, Tensor weight, float epsilon) => kernels.RmsNorm(x, weight, epsilon);

    public Tensor LayerNorm(Tensor x, Tensor weight, Tensor bias, float epsilon) => kernels.LayerNorm(x, weight, bias, epsilon);

    public void Rotary(Tensor x, Tensor cos, Tensor sin) => kernels.Rotary(x, cos, sin);

    public Tensor Attention(Tensor q, Tensor k, Tensor v, ReadOnlySpan<AttentionSegment> segments, int headDimension, bool causal) =>
        kernels.Attention(q, k, v, segments, headDimension, causal);

    public Tensor SwiGlu(Tensor gate, Tensor up) => kernels.SwiGlu(gate, up);

    public Tensor Embedding(Weight table, ReadOnlySpan<int> ids) => kernels.Embedding(table, ids);

    public Tensor Gather(Tensor x, ReadOnlySpan<int> rows) => kernels.Gather(x, rows);

    public void Scatter(Tensor source, ReadOnlySpan<int> rows, Tensor destination) => kernels.Scatter(source, rows, destination);

    public void ScatterAdd(Tensor source, ReadOnlySpan<int> rows, Tensor destination) => kernels.ScatterAdd(source, rows, destination);

    public double[] CrossEntropy(Tensor logits, ReadOnlySpan<int> targets) => kernels.CrossEntropy(logits, targets);

    public bool AllFinite(Tensor x) => kernels.AllFinite(x);

    public int[] ArgMax(Tensor x) => kernels.ArgMax(x);

    private sealed class RandomBlock : IStoredValues
    {
        // A prime, so that no two rows of a matrix are alike.
        private const int Period = 8_388_593;

        private static readonly ushort[] s_bits = Bits();

        private readonly int _exponent;

        public RandomBlock(int columns) => _exponent = 127 + (int)Math.Round(Math.Log2(0.7 / Math.Sqrt(columns)));

        public bool IsFloat32 => false;

        public ReadOnlySpan<float> Float32 => throw new NotSupportedException("The values are stored in bfloat16.");

        public bool IsBFloat16 => true;

        public ReadOnlySpan<ushort> BFloat16(long start, int count)
        {
            var bits = new ushort[count];
            for (var i = 0; i < count;)
            {
                var from = (int)((start + i) % Period);
                var run = Math.Min(count - i, Period - from);
                s_bits.AsSpan(from, run).CopyTo(bits.AsSpan(i));
                i += run;
            }

            foreach (ref var value in bits.AsSpan())
                value = (ushort)((value & 0x807F) | (_exponent << 7));
            return bits;
        }

        public void Read(long start, Span<float> destination)
        {
            var bits = BFloat16(start, destination.Length);
            for (var i = 0; i < bits.Length; i++)
                destination[i] = BitConverter.UInt32BitsToSingle((uint)bits[i] << 16);
        }

        private static ushort[] Bits()
        {
            var bits = new ushort[Period];
            new Random(1).NextBytes(MemoryMarshal.AsBytes(bits.AsSpan()));
            return bits;
        }
    }
}
