namespace Score.Cli.Output;

[TestFixture]
public class WorkProgressTests
{
    [Test]
    public void Report_NoTerminal_IsSilentForTwoSecondsThenWritesALineNowAndThen()
    {
        var (error, clock) = (new StringWriter(), new ManualClock());
        using var progress = new WorkProgress(error, clock);

        for (var second = 0; second <= 20; second++)
        {
            clock.Seconds = second;
            progress.Report(second, 20, "counting");
        }

        Assert.That(error.ToString().Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
            Is.EqualTo(new[] { "counting: 2 of 20", "counting: 17 of 20" }));
    }

    private sealed class ManualClock : TimeProvider
    {
        public long Seconds { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;
    }
}
