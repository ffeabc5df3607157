using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Kernels;

[TestFixtureSource(typeof(TestedBackends), nameof(TestedBackends.Names))]
public class LinearKernelTests(string backend)
{
    private readonly IKernels _kernels = TestedBackends.Kernels(backend);

    [Test]
    public void Linear_AllSmallShapes_IsTheProduct([Values(TensorType.F32, TensorType.F64)] TensorType type, [Values] bool hasBias, [Values] bool hasResidual)
    {
        for (var rows = 0; rows <= 9; rows++)
            foreach (var (output, input) in new[] { (1, 1), (2, 3), (5, 16), (17, 31), (33, 7), (64, 64), (300, 5) })
                Check(rows, output, input, type, hasBias, hasResidual, Activation.None);
    }

    [Test]
    public void Linear_Activation_ComesBeforeTheResidual([Values] bool isTanh, [Values] bool hasResidual)
    {
        var activation = isTanh ? Activation.GeluTanh : Activation.Gelu;
        for (var output = 1; output <= 70; output++)
            Check(3, output, 4, TensorType.F32, hasBias: true, hasResidual, activation);
    }

    [Test]
    public void Linear_ManyRows_IsTheProduct() => Check(700, 300, 65, TensorType.F64, hasBias: true, hasResidual: true, Activation.None);

    [Test]
    public void Linear_RowsOfAStoredMatrix_StartAtTheFirst()
    {
        using var weight = _kernels.UploadWeight(new WeightValues([1, 2, 3, 4, 5, 6]), firstRow: 1, rows: 2, columns: 2);
        using var x = _kernels.Upload([1, 10], 1, 2);
        using var y = _kernels.Linear(x, weight);

        Assert.That(_kernels.ToArray(y), Is.EqualTo(new[] { 43f, 65f }));
    }

    [Test]
    public void Linear_NaNInOneRow_StaysInThatRow()
    {
        using var weight = _kernels.UploadWeight(new WeightValues(KernelData.Values(1, 40 * 8)), 0, 40, 8);
        var values = KernelData.Values(2, 7 * 8);
        values[3 * 8 + 2] = float.NaN;
        using var x = _kernels.Upload(values, 7, 8);
        using var y = _kernels.Linear(x, weight);

        var rows = _kernels.ToArray(y).Chunk(40).ToArray();
        Assert.That(rows[3], Is.All.NaN);
        Assert.That(rows.Where((_, row) => row != 3).SelectMany(row => row), Has.None.NaN);
    }

    [Test]
    public void Embedding_Rows_AreThoseOfTheTable([Values(TensorType.F32, TensorType.F64)] TensorType type)
    {
        var values = KernelData.Values(3, 10 * 6);
        using var table = _kernels.UploadWeight(new WeightValues(values, type), 0, 10, 6);
        using var y = _kernels.Embedding(table, [9, 0, 9, 4]);

        Assert.That(_kernels.ToArray(y), Is.EqualTo(new[] { 9, 0, 9, 4 }.SelectMany(row => values[(row * 6)..(row * 6 + 6)])));
    }

    private void Check(int rows, int output, int input, TensorType type, bool hasBias, bool hasResidual, Activation activation)
    {
        var (x, w, b, r) = (KernelData.Values(1, rows * input), KernelData.Values(2, output * input), KernelData.Values(3, output), KernelData.Values(4, rows * output));
        using var tensor = _kernels.Upload(x, rows, input);
        using var weight = _kernels.UploadWeight(new WeightValues(w, type), 0, output, input);
        using var bias = _kernels.Upload(b, 1, output);
        using var residual = _kernels.Upload(r, rows, output);
        using var y = _kernels.Linear(tensor, weight, hasBias ? bias : null, activation, hasResidual ? residual : null);

        var actual = _kernels.ToArray(y);
        var worst = 0.0;
        for (var i = 0; i < rows; i++)
            for (var o = 0; o < output; o++)
            {
                var sum = hasBias ? (double)b[o] : 0;
                for (var j = 0; j < input; j++)
                    sum += (double)x[i * input + j] * w[o * input + j];
                var expected = Activate(sum, activation) + (hasResidual ? r[i * output + o] : 0);
                worst = Math.Max(worst, Math.Abs(actual[i * output + o] - expected));
            }

        Assert.That(worst, Is.LessThan((input + 4) * KernelData.SumTolerance), $"{rows}x{input} to {output}");
    }

    // Phi by Simpson's rule, so that the oracle shares no approximation with the kernels.
    private static double Activate(double x, Activation activation)
    {
        if (activation == Activation.GeluTanh)
            return 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * Math.Pow(x, 3))));
        if (activation == Activation.None)
            return x;
        const int steps = 200;
        var upper = Math.Clamp(x, -8, 8);
        var area = 0.0;
        for (var i = 0; i <= steps; i++)
            area += Math.Exp(-Math.Pow(upper * i / steps, 2) / 2) * (i is 0 or steps ? 1 : i % 2 == 1 ? 4 : 2);
        return x * (0.5 + area * upper / steps / 3 / Math.Sqrt(2 * Math.PI));
    }
}
