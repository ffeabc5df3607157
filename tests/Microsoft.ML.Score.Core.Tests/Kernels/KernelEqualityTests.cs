using Microsoft.ML.Score.Kernels.Simd;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Kernels;

/// <summary>
/// The kernels of this machine against the scalar reference, on all short lengths, odd shapes, rows that begin anywhere in memory
/// and special values. Run once by the test runner and again by <see cref="InstructionSetTests"/>; so the tests take no arguments.
/// </summary>
[TestFixture]
public class KernelEqualityTests
{
    private const int LastLength = 256;

    private static readonly float[] s_specials = [float.NaN, float.PositiveInfinity, float.NegativeInfinity];

    private readonly IKernels _kernels = ComputeBackend.Simd.Kernels;
    private readonly IKernels _reference = ComputeBackend.Scalar.Kernels;

    [Test]
    public void Linear_AllLengths_EqualsTheReference()
    {
        for (var length = 0; length <= LastLength; length++)
        {
            CompareLinear(3, length, 5, Activation.None);
            CompareLinear(3, 5, length, Activation.GeluTanh);
            CompareLinear(length, 3, 4, Activation.Gelu);
        }
    }

    [Test]
    public void Linear_OddShapes_EqualsTheReference()
    {
        CompareLinear(65, 513, 301, Activation.None);
        CompareLinear(37, 300, 700, Activation.Gelu);
        CompareLinear(1, 259, 129, Activation.None);
        CompareLinear(700, 31, 33, Activation.GeluTanh);
    }

    [Test]
    public void Product_AllLengths_EqualsTheReference()
    {
        for (var length = 0; length <= LastLength; length++)
        {
            var (m, n, k) = (length % 3 == 0 ? length : 7, length % 3 == 1 ? length : 9, length % 3 == 2 ? length : 5);
            var (a, b, aTransposed) = (KernelData.Values(1, m * k), KernelData.Values(2, k * n), new float[k * m]);
            var expected = new float[m * n];
            for (var i = 0; i < m; i++)
                for (var p = 0; p < k; p++)
                {
                    aTransposed[p * m + i] = a[i * k + p];
                    for (var j = 0; j < n; j++)
                        expected[i * n + j] += a[i * k + p] * b[p * n + j];
                }

            var (plain, transposed) = (new float[m * n], new float[m * n]);
            MatrixProduct.Multiply(a, b, plain, m, n, k);
            MatrixProduct.MultiplyTransposedA(aTransposed, b, transposed, m, n, k);
            AssertEqual($"{m} x {n} x {k}", plain, expected, KernelData.SumTolerance * (k + 1));
            AssertEqual($"{m} x {n} x {k}, transposed", transposed, expected, KernelData.SumTolerance * (k + 1));
        }
    }

    [Test]
    public void RowKernels_AllLengths_EqualTheReference()
    {
        for (var length = 0; length <= LastLength; length++)
            foreach (var (name, compute) in RowKernelsOf(length, KernelData.Values(length, 3 * length)))
                Compare($"{name} of {length}", (length + 4) * KernelData.ValueTolerance, compute);
    }

    [Test]
    public void RowKernels_SpecialValues_EqualTheReference()
    {
        foreach (var length in new[] { 1, 4, 7, 16, 37 })
            foreach (var special in s_specials)
                foreach (var place in new[] { 0, length / 2, length - 1 })
                {
                    var values = KernelData.Values(length, 3 * length);
                    values[length + place] = special;
                    foreach (var (name, compute) in RowKernelsOf(length, values))
                        Compare($"{name} of {length} with {special} at {place}", (length + 4) * KernelData.ValueTolerance, compute);
                }
    }

    [Test]
    public void Linear_SpecialValues_EqualsTheReference()
    {
        foreach (var special in s_specials)
            foreach (var (place, inWeight) in new[] { (0, false), (75, false), (30, true), (199, true) })
                Compare($"linear with {special} at {place}", KernelData.SumTolerance * 40, kernels =>
                {
                    var (x, w) = (KernelData.Values(1, 7 * 20), KernelData.Values(2, 33 * 20));
                    (inWeight ? w : x)[place] = special;
                    using var input = kernels.Upload(x, 7, 20);
                    using var weight = kernels.UploadWeight(new WeightValues(w), 0, 33, 20);
                    return kernels.Linear(input, weight);
                });
    }

    [Test]
    public void Attention_AllLengths_EqualsTheReference()
    {
        for (var length = 1; length <= LastLength; length++)
            CompareAttention([AttentionSegment.Self(0, length)], length, heads: 3, keyValueHeads: 1, headDimension: length % 9 + 1, causal: length % 4 > 0);
    }

    [Test]
    public void Attention_OddShapes_EqualsTheReference()
    {
        CompareAttention([AttentionSegment.Self(0, 75), new(75, 40, 75, 40, 0, 75), new(115, 2, 115, 2, 0, 75)], 117, 4, 2, 17, causal: true);
        CompareAttention([AttentionSegment.Self(0, 100), AttentionSegment.Self(100, 33)], 133, 5, 5, 80, causal: false);
        CompareAttention([new(0, 131, 0, 131)], 131, 14, 2, 64, causal: true);
    }

    [Test]
    public void Attention_SpecialValues_SpoilWhatSeesThemOnly()
    {
        foreach (var special in s_specials)
            foreach (var operand in new[] { 0, 1, 2 })
                foreach (var token in new[] { 0, 41, 97, 129 })
                    CompareAttention([AttentionSegment.Self(0, 130)], 130, 4, 2, 6, causal: true, (operand, token, special));
    }

    [Test]
    public void Kernels_MisalignedRows_EqualTheReference()
    {
        const int d = 35;
        for (var first = 1; first <= 9; first += 2)
        {
            Compare($"linear from row {first}", KernelData.SumTolerance * d, kernels =>
            {
                using var x = kernels.Random(1, 40, d);
                using var weight = kernels.UploadWeight(new WeightValues(KernelData.Values(2, 41 * d)), 1, 40, d);
                return kernels.Linear(x.RowRange(first, 13), weight);
            });
            Compare($"RMS norm from row {first}", d * KernelData.ValueTolerance, kernels =>
            {
                using var x = kernels.Random(1, 40, d);
                using var weight = kernels.Random(2, 10, d);
                return kernels.RmsNorm(x.RowRange(first, 3), weight.RowRange(first, 1), 1e-6f);
            });
            Compare($"attention from row {first}", 10 * KernelData.ValueTolerance, kernels =>
            {
                using var x = kernels.Random(1, 90, d);
                var rows = x.RowRange(first, 80);
                return kernels.Attention(rows, rows, rows, [AttentionSegment.Self(0, 80)], 7, causal: true);
            });
        }
    }

    [Test]
    public void Gelu_InPlace_GivesTheSameBits()
    {
        for (var length = 0; length <= LastLength; length++)
        {
            var x = KernelData.Values(length, length);
            var y = new float[length];
            Gelu.Apply(x, y);
            Gelu.Apply(x, x);
            Assert.That(x, Is.EqualTo(y), $"{length} values");
        }
    }

    /// <summary>Every kernel that works row by row, on values [3, length].</summary>
    private static IEnumerable<(string Name, Func<IKernels, Tensor> Compute)> RowKernelsOf(int length, float[] values)
    {
        var weights = KernelData.Values(1, length);
        yield return ("RMS norm", kernels => kernels.RmsNorm(kernels.Upload(values, 3, length), kernels.Upload(weights, 1, length), 1e-6f));
        yield return ("layer norm", kernels => kernels.LayerNorm(kernels.Upload(values, 3, length), kernels.Upload(weights, 1, length), kernels.Upload(weights, 1, length), 1e-6f));
        yield return ("SwiGLU", kernels => kernels.SwiGlu(kernels.Upload(values, 3, length), kernels.Random(2, 3, length)));
        if (length == 0)
            yield break;
        yield return ("cross-entropy", kernels => kernels.Upload([.. kernels.CrossEntropy(kernels.Upload(values, 3, length), [0, length / 2, length - 1]).Select(loss => (float)loss)], 1, 3));
        yield return ("rotary", kernels => Rotate(kernels, [.. values, .. values], length));
    }

    private static Tensor Rotate(IKernels kernels, float[] values, int half)
    {
        var x = kernels.Upload(values, 3, 2 * half);
        kernels.Rotary(x, kernels.Random(3, 3, half), kernels.Random(4, 3, half));
        return x;
    }

    private void CompareLinear(int rows, int input, int output, Activation activation) =>
        Compare($"linear {rows} x {input} to {output}", KernelData.SumTolerance * (input + 4), kernels =>
        {
            using var x = kernels.Random(1, rows, input);
            using var weight = kernels.UploadWeight(new WeightValues(KernelData.Values(2, output * input), input % 2 == 0 ? TensorType.F32 : TensorType.F64), 0, output, input);
            using var bias = kernels.Random(3, 1, output);
            using var residual = kernels.Random(4, rows, output);
            return kernels.Linear(x, weight, output % 3 == 0 ? null : bias, activation, rows % 2 == 0 ? residual : null);
        });

    private void CompareAttention(AttentionSegment[] segments, int rows, int heads, int keyValueHeads, int headDimension, bool causal, (int Operand, int Token, float Value)? special = null) =>
        Compare($"attention of {rows} tokens, head {headDimension}, {special}", 10 * KernelData.ValueTolerance, kernels =>
        {
            var (own, shared) = (rows * heads * headDimension, rows * keyValueHeads * headDimension);
            float[][] operands = [KernelData.Values(1, own), KernelData.Values(2, shared), KernelData.Values(3, shared)];
            if (special is var (operand, token, value))
                operands[operand][token * operands[operand].Length / rows + 1] = value;
            using var q = kernels.Upload(operands[0], rows, heads * headDimension);
            using var k = kernels.Upload(operands[1], rows, keyValueHeads * headDimension);
            using var v = kernels.Upload(operands[2], rows, keyValueHeads * headDimension);
            return kernels.Attention(q, k, v, segments, headDimension, causal);
        });

    private void Compare(string what, double tolerance, Func<IKernels, Tensor> compute)
    {
        using var actual = compute(_kernels);
        using var expected = compute(_reference);
        AssertEqual(what, _kernels.ToArray(actual), _reference.ToArray(expected), tolerance);
    }

    private static void AssertEqual(string what, float[] actual, float[] expected, double tolerance)
    {
        Assert.That(actual, Has.Length.EqualTo(expected.Length), what);
        for (var i = 0; i < expected.Length; i++)
            if (!(actual[i].Equals(expected[i]) || Math.Abs(actual[i] - expected[i]) <= tolerance * Math.Max(1, Math.Abs(expected[i]))))
                Assert.Fail($"{what}, element {i}: expected {expected[i]}, got {actual[i]}.");
    }
}
