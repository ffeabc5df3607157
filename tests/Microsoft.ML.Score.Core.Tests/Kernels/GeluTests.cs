namespace Microsoft.ML.Score.Kernels;

[TestFixture]
public class GeluTests
{
    [TestCase(0f, 0.0)]
    [TestCase(1f, 0.8413447460685429)] // Phi(1) from tables
    [TestCase(-1f, -0.15865525393145707)]
    [TestCase(-2f, -0.04550026389635842)]
    [TestCase(3f, 2.9959503049440146)]
    [TestCase(-40f, 0.0)]
    [TestCase(3000f, 3000.0)]
    [TestCase(-3000f, 0.0)]
    [TestCase(1e19f, 1e19)]
    public void Apply_KnownPoints_MatchesNormalDistribution(float x, double expected)
    {
        var y = new float[1];
        Gelu.Apply([x], y);
        Assert.That(y[0], Is.EqualTo(expected).Within(3e-7 * Math.Max(1, Math.Abs(expected))));
    }

    [Test]
    public void Apply_EveryLength_SameInPlaceAndApart()
    {
        for (var length = 0; length <= 70; length++)
        {
            var x = Enumerable.Range(0, length).Select(i => (i - 30) * 0.17f).ToArray();
            var apart = new float[length];
            Gelu.Apply(x, apart);
            for (var i = 0; i < length; i++)
                Assert.That(apart[i], Is.EqualTo(SlowGelu.Value(x[i])).Within(1e-6));
            Gelu.Apply(x, x);
            Assert.That(x, Is.EqualTo(apart));
        }
    }

    [Test]
    public void MultiplyByDerivative_Range_MatchesDerivative()
    {
        var x = Enumerable.Range(0, 401).Select(i => (i - 200) * 0.05f).ToArray();
        var gradient = Enumerable.Repeat(2f, x.Length).ToArray();
        Gelu.MultiplyByDerivative(x, gradient);
        for (var i = 0; i < x.Length; i++)
            Assert.That(gradient[i], Is.EqualTo(2 * SlowGelu.Derivative(x[i])).Within(2e-6));
    }
}
