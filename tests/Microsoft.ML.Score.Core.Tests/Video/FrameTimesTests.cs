namespace Microsoft.ML.Score.Video;

[TestFixture]
public class FrameTimesTests
{
    private static readonly double[] s_tenAtTen = [.. Enumerable.Range(0, 10).Select(i => i / 10.0)];

    [Test]
    public void Rate_EvenTimes_IsExact() => Assert.That(Rate(s_tenAtTen), Is.EqualTo(10).Within(1e-9));

    [Test]
    public void Rate_RoundedTimesAndADeclaredRateThatFits_IsTheDeclaredOne()
    {
        double[] times = [.. Enumerable.Range(0, 100).Select(i => Math.Round(i * 1.001 / 30, 3))];

        Assert.That(Rate(times, declared: [0.5, 30000 / 1001.0]), Is.EqualTo(30000 / 1001.0));
    }

    [Test]
    public void Rate_DeclaredRateThatDoesNotFit_IsThatOfTheTimes() => Assert.That(Rate(s_tenAtTen, declared: [30]), Is.EqualTo(10).Within(1e-9));

    // The last frame: 0.5 s by the container's end, 1 s as the one before it, 0.033 s by a made-up duration.
    [TestCase(21.5, 20 / 19.5)]
    [TestCase(99.0, 20 / 20.0)]
    [TestCase(null, 20 / 19.033)]
    public void Rate_LastFrame_EndsWithTheContainerOrAfterTheGapBefore(double? end, double rate) =>
        Assert.That(Rate([.. Enumerable.Range(2, 20).Select(i => (double)i)], end, duration: 0.033), Is.EqualTo(rate).Within(1e-9));

    [Test]
    public void Rate_StreamsThatStartOver_AreAsLongAsTheirParts() => Assert.That(Rate([.. s_tenAtTen, .. s_tenAtTen, .. s_tenAtTen]), Is.EqualTo(10).Within(1e-9));

    [Test]
    public void Rate_SecondStreamLonger_IsAsLongAsItsParts() =>
        Assert.That(Rate([.. s_tenAtTen, .. Enumerable.Range(0, 25).Select(i => i / 10.0)]), Is.EqualTo(10).Within(1e-9));

    // Twenty frames lost between 0.9 and 3 s, and one that comes late.
    [Test]
    public void Rate_FramesOutOfOrder_CountOnce() => Assert.That(Rate([.. s_tenAtTen, 3, 1, 3.1]), Is.EqualTo(13 / 3.2).Within(1e-9));

    [TestCase(true, 10)]
    [TestCase(false, 20 / 1001.0)]
    public void Rate_JumpAhead_CountsOnlyWhereTimesDoNotJump(bool mayJump, double rate) =>
        Assert.That(Rate([.. s_tenAtTen, .. s_tenAtTen.Select(time => time + 1000)], mayJump: mayJump), Is.EqualTo(rate).Within(1e-6));

    [Test]
    public void Rate_MissingTimes_AreFilledUp() => Assert.That(Rate([0, 0.1, null, null, 0.4, 0.5]), Is.EqualTo(10).Within(1e-9));

    [Test]
    public void Rate_NoTimesOrOne_IsUnknown()
    {
        Assert.That(Rate([null, null, null]), Is.Null);
        Assert.That(Rate([5]), Is.Null);
        Assert.That(Rate([5, 5, 5]), Is.Null);
    }

    private static double? Rate(IReadOnlyList<double?> times, double? end = null, double? duration = null, bool mayJump = false, double?[]? declared = null)
    {
        var frameTimes = new FrameTimes();
        foreach (var time in times)
            frameTimes.Add(time, duration);
        return frameTimes.Rate(times.Count, mayJump, end, declared);
    }

    private static double? Rate(double[] times, double? end = null, double? duration = null, bool mayJump = false, double?[]? declared = null) =>
        Rate([.. times.Select(time => (double?)time)], end, duration, mayJump, declared);
}
