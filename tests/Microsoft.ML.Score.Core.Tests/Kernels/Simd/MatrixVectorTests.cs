using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Kernels.Simd;

/// <summary>Linear layers of one row, which do not go through packed panels.</summary>
[TestFixture]
internal sealed class MatrixVectorTests
{
    private readonly IKernels _kernels = ComputeBackend.Simd.Kernels;

    [Test]
    public void Linear_OneRowOfAnyLength_IsTheDotProduct([Values(TensorType.F32, TensorType.F16, TensorType.BF16)] TensorType type)
    {
        // Beyond the size up to which weights are packed once, so that F32 takes the same way.
        const int outputs = 1100;
        for (var length = 1; length <= 256; length += length < 40 ? 1 : 17)
            Check(type, length, outputs, firstRow: 0, Activation.None);
    }

    [Test]
    public void Linear_OneRowFromARowOnWithActivation_AddsBiasBeforeAndResidualAfterIt([Values] Activation activation) =>
        Check(TensorType.BF16, 301, 130, firstRow: 7, activation);

    [Test]
    public void Linear_OneRowOfNotANumber_IsNotANumber()
    {
        var values = new WeightValues([.. Enumerable.Repeat(1f, 64 * 3)], TensorType.BF16);
        using var x = _kernels.Upload([.. Enumerable.Repeat(float.NaN, 64)], 1, 64);
        using var y = _kernels.Linear(x, _kernels.UploadWeight(values, 0, 3, 64));

        Assert.That(_kernels.ToArray(y), Is.All.NaN);
    }

    private void Check(TensorType type, int length, int outputs, int firstRow, Activation activation)
    {
        var random = new Random(length);
        var values = new WeightValues(Random(random, (outputs + firstRow) * length), type);
        var (input, bias, residual) = (Random(random, length), Random(random, outputs), Random(random, outputs));
        using var x = _kernels.Upload(input, 1, length);
        using var b = _kernels.Upload(bias, 1, outputs);
        using var r = _kernels.Upload(residual, 1, outputs);
        using var y = _kernels.Linear(x, _kernels.UploadWeight(values, firstRow, outputs, length), b, activation, r);

        var row = new float[length];
        var actual = _kernels.ToArray(y);
        for (var output = 0; output < outputs; output++)
        {
            values.Read((long)(firstRow + output) * length, row);
            var sum = bias[output] + row.Zip(input, (w, v) => (double)w * v).Sum();
            Assert.That(actual[output], Is.EqualTo(Activate(sum, activation) + residual[output]).Within(2e-5), $"{type}, length {length}, output {output}");
        }
    }

    private static double Activate(double x, Activation activation)
    {
        // The exact GELU through an error function that .NET lacks: its integral, by Simpson's rule.
        const int steps = 2000;
        var h = x / steps;
        var integral = Enumerable.Range(0, steps + 1).Sum(i => (i is 0 or steps ? 1 : i % 2 == 1 ? 4 : 2) * Math.Exp(-i * h * i * h / 2)) * h / 3;
        return activation switch
        {
            Activation.Gelu => x * (0.5 + integral / Math.Sqrt(2 * Math.PI)),
            Activation.GeluTanh => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
            _ => x,
        };
    }

    private static float[] Random(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() * 2 - 1)];
}
