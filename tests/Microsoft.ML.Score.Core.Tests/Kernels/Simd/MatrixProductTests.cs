namespace Microsoft.ML.Score.Kernels.Simd;

[TestFixture]
public class MatrixProductTests
{
    private static readonly int[] s_sizes = [0, 1, 2, 5, 6, 7, 13, 31, 32, 33, 70];

    public delegate void Product(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> c, int m, int n, int k, bool accumulate);

    public enum Form
    {
        Plain,
        TransposedA,
        TransposedB,
    }

    [Test]
    public void Product_SmallShapes_MatchesDoubleTwin([Values] Form form, [Values] bool accumulate)
    {
        foreach (var m in s_sizes)
            foreach (var n in s_sizes)
                foreach (var k in s_sizes)
                    Check(form, m, n, k, accumulate);
    }

    [TestCase(1, 700, 900)]
    [TestCase(700, 1, 900)]
    [TestCase(65, 300, 513)]
    [TestCase(513, 65, 257)]
    [TestCase(3, 1000, 256)]
    [TestCase(200, 260, 255)]
    public void Product_LargeShapes_MatchesDoubleTwin(int m, int n, int k)
    {
        foreach (var form in Enum.GetValues<Form>())
            foreach (var accumulate in new[] { false, true })
                Check(form, m, n, k, accumulate);
    }

    [Test]
    public void Product_OneRowOrAllRows_GivesTheSameBits([Values] Form form)
    {
        const int m = 601, n = 131, k = 300;
        var (a, b) = (Values(m * k, 1), Values(n * k, 2));
        var whole = new float[m * n];
        ProductOf(form)(a, b, whole, m, n, k, false);
        foreach (var row in new[] { 0, 5, 299, 600 })
        {
            var alone = form == Form.TransposedA
                ? Enumerable.Range(0, k).Select(p => a[p * m + row]).ToArray()
                : a.AsSpan(row * k, k).ToArray();
            var one = new float[n];
            ProductOf(form)(alone, b, one, 1, n, k, false);
            Assert.That(one, Is.EqualTo(whole.AsSpan(row * n, n).ToArray()), $"row {row}");
        }
    }

    [Test]
    public void Product_AnyWidth_IsTheDocumentedChainOfFusedMultiplyAdds()
    {
        const int m = 7, n = 37, k = 2 * MatrixProduct.DepthBlock + 3;
        var (a, b) = (Values(m * k, 3), Values(n * k, 4));
        var actual = new float[m * n];
        MatrixProduct.Multiply(a, b, actual, m, n, k);

        var expected = new float[m * n];
        for (var i = 0; i < m; i++)
            for (var j = 0; j < n; j++)
                for (var start = 0; start < k; start += MatrixProduct.DepthBlock)
                {
                    var sum = 0f;
                    for (var p = start; p < Math.Min(k, start + MatrixProduct.DepthBlock); p++)
                        sum = MathF.FusedMultiplyAdd(a[i * k + p], b[p * n + j], sum);
                    expected[i * n + j] += sum;
                }

        Assert.That(actual, Is.EqualTo(expected));
    }

    [Test]
    public void Product_NotANumber_SpoilsItsRowAndColumnOnly([Values] Form form)
    {
        const int m = 9, n = 40, k = 20;
        var (a, b) = (Values(m * k, 5), Values(n * k, 6));
        a[form == Form.TransposedA ? 3 * m + 4 : 4 * k + 3] = float.NaN;
        b[form == Form.TransposedB ? 33 * k + 2 : 2 * n + 33] = float.PositiveInfinity;
        var c = new float[m * n];
        ProductOf(form)(a, b, c, m, n, k, false);

        for (var i = 0; i < m; i++)
            for (var j = 0; j < n; j++)
                Assert.That(float.IsFinite(c[i * n + j]), Is.EqualTo(i != 4 && j != 33), $"element ({i}, {j})");
    }

    [Test]
    public void Product_TooShortSpan_Throws([Values] Form form)
    {
        Assert.That(() => ProductOf(form)(new float[5], new float[6], new float[4], 2, 2, 3, false), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => ProductOf(form)(new float[6], new float[6], new float[3], 2, 2, 3, false), Throws.InstanceOf<ArgumentException>());
    }

    private static void Check(Form form, int m, int n, int k, bool accumulate)
    {
        var (a, b, initial) = (Values(m * k, 7), Values(n * k, 8), Values(m * n, 9));
        var c = (float[])initial.Clone();
        ProductOf(form)(a, b, c, m, n, k, accumulate);

        for (var i = 0; i < m; i++)
            for (var j = 0; j < n; j++)
            {
                double sum = accumulate ? initial[i * n + j] : 0;
                for (var p = 0; p < k; p++)
                    sum += (double)a[form == Form.TransposedA ? p * m + i : i * k + p] * b[form == Form.TransposedB ? j * k + p : p * n + j];
                if (Math.Abs(c[i * n + j] - sum) > 1e-6 * (k + 1))
                    Assert.Fail($"{form} {m}x{n}x{k}, element ({i}, {j}): expected {sum}, got {c[i * n + j]}.");
            }
    }

    private static Product ProductOf(Form form) => form switch
    {
        Form.TransposedA => MatrixProduct.MultiplyTransposedA,
        Form.TransposedB => MatrixProduct.MultiplyTransposedB,
        _ => MatrixProduct.Multiply,
    };

    private static float[] Values(int count, int seed)
    {
        var random = new Random(seed);
        return Enumerable.Range(0, count).Select(_ => random.NextSingle() * 2 - 1).ToArray();
    }
}
