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

    [Test]
    public void ReportBytes_NoTerminal_WritesThemAsPeopleReadThem()
    {
        var (error, clock) = (new StringWriter(), new ManualClock());
        using var progress = new WorkProgress(error, clock);

        clock.Seconds = 2;
        progress.ReportBytes(3L << 30, 16_500_000_000, "downloading, 1 of 5 files");

        Assert.That(error.ToString().TrimEnd(), Is.EqualTo("downloading, 1 of 5 files: 3.0 GiB of 15.4 GiB"));
    }

    [Test]
    public void Report_NameWithControlCharacters_ShowsThem()
    {
        var (error, clock) = (new StringWriter(), new ManualClock());
        using var progress = new WorkProgress(new MessageWriter(error), clock);

        clock.Seconds = 2;
        progress.Report(1, 2, "compressing \e[2J\n.mp4");

        Assert.That(error.ToString().TrimEnd(), Is.EqualTo(@"compressing \u001b[2J .mp4: 1 of 2"));
    }

    /// <summary>What merely informs is left out; what is said at once is a warning, and stays.</summary>
    [Test]
    public void Report_Quiet_WritesWarningsAlone()
    {
        var (error, clock) = (new StringWriter(), new ManualClock());
        var messages = new MessageWriter(error) { IsQuiet = true };
        using var progress = new WorkProgress(messages, clock);

        clock.Seconds = 2;
        progress.Report(1, 2, "compressing");
        MessageWriter.Inform(messages, "score: encoded videos are kept");
        progress.Say("score: warning: a frame is missing");

        Assert.That(error.ToString().TrimEnd(), Is.EqualTo("score: warning: a frame is missing"));
    }

    private sealed class ManualClock : TimeProvider
    {
        public long Seconds { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;
    }
}
