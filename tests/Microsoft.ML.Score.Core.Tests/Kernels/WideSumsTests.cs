namespace Microsoft.ML.Score.Kernels;

[TestFixture]
public class WideSumsTests
{
    [Test]
    public void Sums_AnyLength_AreThoseOfDoublePrecision([Values(0, 1, 7, 8, 9, 33, 3584)] int length)
    {
        var random = new Random(length);
        var (x, y) = (Values(), Values());

        Assert.That(WideSums.Dot(x, y), Is.EqualTo(x.Zip(y, (a, b) => (double)a * b).Sum()).Within(1e-10));
        Assert.That(WideSums.SquaredDistance(x, y), Is.EqualTo(x.Zip(y, (a, b) => ((double)a - b) * ((double)a - b)).Sum()).Within(1e-10));

        float[] Values() => [.. Enumerable.Range(0, length).Select(_ => random.NextSingle() - 0.5f)];
    }
}
