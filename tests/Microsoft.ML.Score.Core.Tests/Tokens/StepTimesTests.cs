namespace Microsoft.ML.Score.Tokens;

[TestFixture]
public class StepTimesTests
{
    [Test]
    public void StepTimes_OutOfOrderOrRange_Throws()
    {
        Assert.That(() => new StepTimes([], 1), Throws.ArgumentException);
        Assert.That(() => new StepTimes([0, 2, 1], 3), Throws.ArgumentException.With.Message.Contains("1 after 2 at step 2"));
        Assert.That(() => new StepTimes([-1], 3), Throws.ArgumentException);
        Assert.That(() => new StepTimes([double.NaN], 3), Throws.ArgumentException);
        Assert.That(() => new StepTimes([0], double.PositiveInfinity), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new StepTimes([0, 0], 0), Throws.Nothing);
    }

    [Test]
    public void Times_OfAVideo_GoWithItsKeptTokens()
    {
        var times = new StepTimes([0, 0.5], 1);
        var video = new VideoTokens(new TokenGrid(2, 1, 1), 1, new float[2]) { Times = times };

        Assert.That(KeptTokens.All(video).Times, Is.SameAs(times));
        Assert.That(KeptTokens.Gather(video, new[] { 1 }).Times, Is.SameAs(times));
        Assert.That(() => new VideoTokens(new TokenGrid(3, 1, 1), 1, new float[3]) { Times = times }, Throws.ArgumentException.With.Message.Contains("3 time steps, got 2 times"));
    }
}
