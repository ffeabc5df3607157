using System.Diagnostics;

namespace Microsoft.ML.Score.Kernels;

[TestFixture]
public class ProductSpeedTests
{
    /// <summary>No machine has a thousand TFLOP/s in its processor, none so few as a MFLOP/s; and nobody waits for long.</summary>
    [TestCase("simd", 256)]
    [TestCase("simd", 1)]
    [TestCase("scalar", 256)]
    public void MeasureFlops_OfABackend_IsPlausibleAndShort(string backend, int rows)
    {
        var start = Stopwatch.GetTimestamp();

        var speed = ComputeBackend.Named(backend).MeasureFlops(rows);

        Assert.That(speed, Is.InRange(1e6, 1e15));
        Assert.That(Stopwatch.GetElapsedTime(start), Is.LessThan(TimeSpan.FromSeconds(20)));
    }

    [TestCase(0)]
    [TestCase(4097)]
    public void MeasureFlops_RowsOutOfRange_IsRefused(int rows) => Assert.That(() => ComputeBackend.Simd.MeasureFlops(rows), Throws.TypeOf<ArgumentOutOfRangeException>());
}
