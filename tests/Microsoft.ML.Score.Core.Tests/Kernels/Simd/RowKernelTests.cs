namespace Microsoft.ML.Score.Kernels.Simd;

[TestFixtureSource(typeof(TestedBackends), nameof(TestedBackends.Names))]
public class RowKernelTests(string backend)
{
    private const int LongestRow = 70;

    private readonly IKernels _kernels = TestedBackends.Kernels(backend);

    [Test]
    public void RmsNorm_AllLengths_DividesByRootMeanSquare()
    {
        for (var columns = 1; columns <= LongestRow; columns++)
        {
            using var x = _kernels.Random(1, 3, columns);
            using var weight = _kernels.Random(2, 1, columns);
            using var y = _kernels.RmsNorm(x, weight, 1e-3f);

            var w = _kernels.ToArray(weight);
            AssertRows(x, y, row =>
            {
                var scale = 1 / Math.Sqrt(row.Average(value => (double)value * value) + 1e-3f);
                return row.Select((value, j) => value * scale * w[j]);
            });
        }
    }

    [Test]
    public void RmsNorm_ZeroRow_IsZero()
    {
        using var x = _kernels.Upload(new float[20], 1, 20);
        using var weight = _kernels.Random(1, 1, 20);
        using var y = _kernels.RmsNorm(x, weight, 1e-6f);

        Assert.That(_kernels.ToArray(y), Is.All.Zero);
    }

    [Test]
    public void LayerNorm_AllLengths_Standardises()
    {
        for (var columns = 1; columns <= LongestRow; columns++)
        {
            using var x = _kernels.Random(1, 3, columns);
            using var weight = _kernels.Random(2, 1, columns);
            using var bias = _kernels.Random(3, 1, columns);
            using var y = _kernels.LayerNorm(x, weight, bias, 1e-2f);

            var (w, b) = (_kernels.ToArray(weight), _kernels.ToArray(bias));
            AssertRows(x, y, row =>
            {
                var mean = row.Average(value => (double)value);
                var scale = 1 / Math.Sqrt(row.Average(value => (value - mean) * (value - mean)) + 1e-2f);
                return row.Select((value, j) => (value - mean) * scale * w[j] + b[j]);
            });
        }
    }

    [Test]
    public void Rotary_AllHalves_TurnsPairsByTheAngle()
    {
        for (var half = 1; half <= 40; half++)
        {
            var angles = KernelData.Values(1, 2 * half);
            using var x = _kernels.Random(2, 2, 3 * 2 * half);
            using var cos = _kernels.Upload(Array.ConvertAll(angles, MathF.Cos), 2, half);
            using var sin = _kernels.Upload(Array.ConvertAll(angles, MathF.Sin), 2, half);
            var before = _kernels.ToArray(x);

            _kernels.Rotary(x, cos, sin);

            var after = _kernels.ToArray(x);
            for (var i = 0; i < before.Length; i++)
            {
                var (row, j) = (i / (6 * half), i % (2 * half));
                var angle = angles[row * half + j % half];
                var expected = j < half
                    ? before[i] * Math.Cos(angle) - before[i + half] * Math.Sin(angle)
                    : before[i] * Math.Cos(angle) + before[i - half] * Math.Sin(angle);
                Assert.That(after[i], Is.EqualTo(expected).Within(KernelData.ValueTolerance));
            }
        }
    }

    [Test]
    public void SwiGlu_AllLengths_IsSiluTimesUp()
    {
        for (var columns = 1; columns <= LongestRow; columns++)
        {
            using var gate = _kernels.Random(1, 2, columns);
            using var up = _kernels.Random(2, 2, columns);
            using var y = _kernels.SwiGlu(gate, up);

            var expected = _kernels.ToArray(gate).Zip(_kernels.ToArray(up), (g, u) => g / (1 + Math.Exp(-g)) * u);
            Assert.That(_kernels.ToArray(y), Is.EqualTo(expected).Within(KernelData.ValueTolerance));
        }
    }

    [Test]
    public void SwiGlu_LargeArguments_NeitherOverflowNorTurnNaN()
    {
        using var gate = _kernels.Upload([-1e4f, -100f, 0f, 100f, 1e30f], 1, 5);
        using var up = _kernels.Upload([1f, 1f, 1f, 1f, 1f], 1, 5);
        using var y = _kernels.SwiGlu(gate, up);

        Assert.That(_kernels.ToArray(y), Is.EqualTo(new[] { 0f, 0f, 0f, 100f, 1e30f }).Within(1e-30f));
    }

    [Test]
    public void CrossEntropy_AllLengths_IsMinusLogSoftmax()
    {
        for (var columns = 1; columns <= LongestRow; columns++)
        {
            using var logits = _kernels.Random(1, 4, columns);
            int[] targets = [0, columns - 1, columns / 2, columns / 3];

            var losses = _kernels.CrossEntropy(logits, targets);

            var rows = _kernels.ToArray(logits).Chunk(columns).ToArray();
            Assert.That(losses, Is.EqualTo(rows.Select((row, i) => Math.Log(row.Sum(value => Math.Exp(value))) - row[targets[i]])).Within(KernelData.ValueTolerance));
        }
    }

    [Test]
    public void CrossEntropy_HugeLogits_SubtractsTheLargest()
    {
        using var logits = _kernels.Upload([1000f, 999f, -1000f], 1, 3);

        Assert.That(_kernels.CrossEntropy(logits, [1])[0], Is.EqualTo(1 + Math.Log(1 + Math.Exp(-1))).Within(KernelData.ValueTolerance));
    }

    [Test]
    public void ArgMax_EqualValues_TakesTheFirst()
    {
        using var x = _kernels.Upload([1, 3, 3, 2, -1, -1, -1, -2], 2, 4);

        Assert.That(_kernels.ArgMax(x), Is.EqualTo(new[] { 1, 0 }));
    }

    [Test]
    public void GatherThenScatter_SameRows_RestoresThem()
    {
        int[] order = [3, 0, 4, 1, 2];
        using var x = _kernels.Random(1, 5, 3);
        using var gathered = _kernels.Gather(x, order);
        using var restored = _kernels.Allocate(5, 3);
        _kernels.Scatter(gathered, order, restored);

        Assert.That(_kernels.ToArray(restored), Is.EqualTo(_kernels.ToArray(x)));
        Assert.That(_kernels.ToArray(gathered)[..3], Is.EqualTo(_kernels.ToArray(x)[9..12]));
    }

    [Test]
    public void ScatterAdd_SomeRows_AddsToThemAlone()
    {
        using var x = _kernels.Upload([1, 2, 3, 4, 5, 6], 3, 2);
        using var more = _kernels.Upload([10, 20, 30, 40], 2, 2);
        using var none = _kernels.Upload([], 0, 2);

        _kernels.ScatterAdd(more, [2, 0], x);
        _kernels.ScatterAdd(none, [], x);

        Assert.That(_kernels.ToArray(x), Is.EqualTo(new[] { 31f, 42, 3, 4, 15, 26 }));
    }

    private void AssertRows(Tensor x, Tensor y, Func<float[], IEnumerable<double>> expected) =>
        Assert.That(_kernels.ToArray(y), Is.EqualTo(_kernels.ToArray(x).Chunk(x.Columns).SelectMany(expected)).Within(10 * KernelData.ValueTolerance), $"{x}");
}
