namespace Microsoft.ML.Score.Kernels;

[TestFixture]
public class CounterRandomTests
{
    [Test]
    public void Uniform_ManyDraws_HasUniformMomentsAndNoSerialCorrelation()
    {
        const int n = 100_000;
        var random = new CounterRandom(1, 2, 3);
        var draws = Enumerable.Range(0, n).Select(i => random.Uniform(i) - 0.5).ToArray();
        Assert.Multiple(() =>
        {
            Assert.That(draws.Average(), Is.Zero.Within(5 / Math.Sqrt(12.0 * n)));
            Assert.That(draws.Average(u => u * u), Is.EqualTo(1.0 / 12).Within(0.002));
            Assert.That(draws.Zip(draws.Skip(1), (a, b) => a * b).Average() * 12, Is.Zero.Within(5 / Math.Sqrt(n)));
            Assert.That(draws.Min(), Is.GreaterThanOrEqualTo(-0.5));
            Assert.That(draws.Max(), Is.LessThan(0.5));
        });
    }

    [Test]
    public void Normal_ManyDraws_HasNormalMoments()
    {
        var random = new CounterRandom(7);
        var draws = Enumerable.Range(0, 50_000).Select(i => random.Normal(i)).ToArray();
        Assert.Multiple(() =>
        {
            Assert.That(draws.Average(), Is.Zero.Within(0.025));
            Assert.That(draws.Average(x => x * x), Is.EqualTo(1).Within(0.04));
            Assert.That(draws.Average(x => x * x * x * x), Is.EqualTo(3).Within(0.3));
        });
    }

    [Test]
    public void Below_ManyDraws_CoversEveryValueEvenly()
    {
        var random = new CounterRandom(5, 0);
        var counts = new int[6];
        for (var i = 0; i < 60_000; i++)
            counts[random.Below(i, 6)]++;
        Assert.That(counts, Has.All.InRange(9_600, 10_400));
    }

    [Test]
    public void Constructor_DifferentKeys_GiveDifferentStreams()
    {
        long[][] keys = [[], [0], [0, 0], [1, 0], [0, 1], [1], [-1]];
        Assert.That(keys.Select(key => new CounterRandom(key).Bits(0)), Is.Unique);
        Assert.That(new CounterRandom(3, 4).Bits(9), Is.EqualTo(new CounterRandom(3, 4).Bits(9)));
    }
}
