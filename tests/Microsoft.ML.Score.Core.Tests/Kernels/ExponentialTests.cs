using System.Numerics;

namespace Microsoft.ML.Score.Kernels;

[TestFixture]
public class ExponentialTests
{
    [Test]
    public void Exp_WholeRange_IsWithinTwoUnitsOfSinglePrecision()
    {
        for (var x = -87.3f; x < 88.7f; x += 0.0371f)
            Assert.That(Exponential.Exp(new Vector<float>(x))[0] / Math.Exp(x), Is.EqualTo(1).Within(2e-7 + 6e-8), $"exp({x})");
    }

    [Test]
    public void Exp_SpecialValues_StayInRange()
    {
        Assert.That(Exponential.Exp(Vector<float>.Zero)[0], Is.EqualTo(1f));
        Assert.That(Exponential.Exp(new Vector<float>(float.NegativeInfinity))[0], Is.InRange(0f, 2e-38f));
        Assert.That(Exponential.Exp(new Vector<float>(float.PositiveInfinity))[0], Is.GreaterThan(3e38f));
        Assert.That(Exponential.Exp(new Vector<float>(float.NaN))[0], Is.NaN);
    }

    [Test]
    public void ShiftedInPlace_AllLengths_SumsWhatItWrites()
    {
        for (var length = 0; length <= 70; length++)
        {
            var x = KernelData.Values(length, length);
            var expected = Array.ConvertAll(x, value => Math.Exp(value - 0.5));

            var sum = Exponential.ShiftedInPlace(x, 0.5f);

            Assert.That(x, Is.EqualTo(expected).Within(KernelData.ValueTolerance));
            Assert.That(sum, Is.EqualTo(expected.Sum()).Within((length + 1) * KernelData.ValueTolerance));
        }
    }
}
