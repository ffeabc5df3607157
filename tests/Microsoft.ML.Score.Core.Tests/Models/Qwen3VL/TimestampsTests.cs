namespace Microsoft.ML.Score.Models.Qwen3VL;

[TestFixture]
public class TimestampsTests
{
    // Python's format(seconds, ".1f"): the exact binary value, ties to even.
    [TestCase(0.25, "<0.2 seconds>")]
    [TestCase(0.75, "<0.8 seconds>")]
    [TestCase(0.35, "<0.3 seconds>")]
    [TestCase(0.45, "<0.5 seconds>")]
    [TestCase(1.25, "<1.2 seconds>")]
    [TestCase(9.95, "<9.9 seconds>")]
    [TestCase(0, "<0.0 seconds>")]
    [TestCase(1199.24, "<1199.2 seconds>")]
    public void Text_Seconds_AreRoundedAsPythonDoes(double seconds, string expected) => Assert.That(Timestamps.Text(seconds), Is.EqualTo(expected));

    [Test]
    public void Of_FramesOfSteps_IsTheMeanOfFirstAndLast() =>
        Assert.That(Timestamps.Of([0, 15, 30, 45, 60, 60], 30, 2), Is.EqualTo(new[] { 0.25, 1.25, 2.0 }));
}
