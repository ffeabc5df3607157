using System.Text.Json;
using Microsoft.ML.Score.Video;
using Score.Cli.Training;
using Score.Cli.Videos;

namespace Score.Cli.Annotation;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class AnnotatorTests : AnnotationRun
{
    [Test]
    public async Task Run_Rows_SendsFramesAndCaptionAndWritesWhatComesBack()
    {
        using var server = new TeacherServer((_, _) => TeacherAnswer.Caption(" A red circle moves. "));

        var counts = await Annotate(server, [Row("short-0", "A circle."), Row("short-0", "Once more.")]);

        Assert.That(counts, Is.EqualTo(new AnnotationCounts(1, 0, 0)));
        Assert.That(server.Prompts, Is.EqualTo(new[] { "Old: A circle." }));
        Assert.That((server.Images.Count, server.Authorization), Is.EqualTo((2, $"Bearer {Key}")));
        Assert.That(Lines("out"), Is.EqualTo(new[]
        {
            """{"path":"short-0","caption":"A red circle moves.","original":"A circle.","model":"teacher","usage":{"prompt_tokens":11,"completion_tokens":3}}""",
        }));
    }

    [TestCase("7", 7)]
    [TestCase("Thu, 01 Jan 1970 00:00:30 GMT", 30)]
    [TestCase("9999999999", 1)]
    [TestCase("999999", 3600)]
    [TestCase("soon", 1)]
    [TestCase("0", 1)]
    public async Task Run_TooManyRequests_WaitsAsLongAsTheServerAsks(string retryAfter, double seconds)
    {
        using var server = new TeacherServer((call, _) => call == 0 ? new TeacherAnswer(429, """{"error": {"message": "busy"}}""", retryAfter) : TeacherAnswer.Caption("A circle."));

        var counts = await Annotate(server, [Row("image-0")]);

        Assert.That(counts, Is.EqualTo(new AnnotationCounts(1, 0, 0)));
        Assert.That(Clock.Waits.Single().TotalSeconds, seconds == 1 ? Is.InRange(0.5, 1.0) : Is.EqualTo(seconds));
    }

    private static IEnumerable<TestCaseData> PassingFaults()
    {
        yield return new TestCaseData(new TeacherAnswer(500, "{}")).SetArgDisplayNames("500");
        yield return new TestCaseData(new TeacherAnswer(503, "<html>")).SetArgDisplayNames("503");
        yield return new TestCaseData(new TeacherAnswer(408, "")).SetArgDisplayNames("408");
        yield return new TestCaseData(new TeacherAnswer(200, """{"choices": [{"mess""")).SetArgDisplayNames("torn JSON");
        yield return new TestCaseData(new TeacherAnswer(200, "")).SetArgDisplayNames("no body");
        yield return new TestCaseData(new TeacherAnswer(200, "{}")).SetArgDisplayNames("no choices");
        yield return new TestCaseData(new TeacherAnswer(200, """{"choices": []}""")).SetArgDisplayNames("empty choices");
        yield return new TestCaseData(new TeacherAnswer(200, """{"choices": 3}""")).SetArgDisplayNames("choices of another type");
        yield return new TestCaseData(new TeacherAnswer(200, "[1]")).SetArgDisplayNames("an array");
        yield return new TestCaseData(new TeacherAnswer(200, """{"choices": [null]}""")).SetArgDisplayNames("no choice");
        yield return new TestCaseData(new TeacherAnswer(200, """{"choices": [{"message": {"content": [1]}}]}""")).SetArgDisplayNames("parts of another type");
        yield return new TestCaseData(new TeacherAnswer(200, """{"choices": [{"message": {"content": "\ud800"}}]}""")).SetArgDisplayNames("half a surrogate pair");
        yield return new TestCaseData(TeacherAnswer.Caption(" ")).SetArgDisplayNames("blank caption");
        yield return new TestCaseData(TeacherAnswer.Caption("<think>Hm.</think>")).SetArgDisplayNames("nothing but thoughts");
        yield return new TestCaseData(TeacherAnswer.Caption("A circle that", "error")).SetArgDisplayNames("broken off");
        yield return new TestCaseData(new TeacherAnswer(200, """{"error": {"message": "model not loaded", "code": 500}}""")).SetArgDisplayNames("an error of status 200");
        yield return new TestCaseData(new TeacherAnswer(200, """{"error": "busy"}""")).SetArgDisplayNames("an error in a word");
        yield return new TestCaseData(new TeacherAnswer(200, """{"choices": [{"error": {"code": "429", "message": "slow down"}, "message": {"content": "A"}}]}""")).SetArgDisplayNames("an error of a choice");
        yield return new TestCaseData(TeacherAnswer.Caption("Late.") with { Delay = TimeSpan.FromSeconds(3) }).SetArgDisplayNames("slow");
        yield return new TestCaseData(TeacherAnswer.Caption("") with { DropsConnection = true }).SetArgDisplayNames("connection dropped");
    }

    [TestCaseSource(nameof(PassingFaults))]
    public async Task Run_PassingFault_TriesAgainWithGrowingDelays(TeacherAnswer fault)
    {
        using var server = new TeacherServer((call, _) => call < 2 ? fault : TeacherAnswer.Caption("A circle."));

        var counts = await Annotate(server, [Row("image-0")], timeout: fault.Delay > TimeSpan.Zero ? 0.5 : 60);

        Assert.That(counts, Is.EqualTo(new AnnotationCounts(1, 0, 0)));
        Assert.That((server.Prompts.Count, File.Exists(Folder.File("failed"))), Is.EqualTo((3, false)));
        Assert.That(Clock.Waits, Has.Count.GreaterThanOrEqualTo(2)); // a try on a connection that is just being dropped does not reach the server
        Assert.That(Clock.Waits[0].TotalSeconds, Is.InRange(0.5, 1.0));
        Assert.That(Clock.Waits[1].TotalSeconds, Is.InRange(1.0, 2.0));
    }

    [TestCaseSource(nameof(PassingFaults))]
    public async Task Run_FaultThatStays_IsRecordedAndTheOtherRowsGoOn(TeacherAnswer fault)
    {
        using var server = new TeacherServer((_, prompt) => prompt.Contains("bad", StringComparison.Ordinal) ? fault : TeacherAnswer.Caption("A circle."));

        var counts = await Annotate(server, [Row("image-0", "bad"), Row("image-1", "good")], timeout: fault.Delay > TimeSpan.Zero ? 0.5 : 60, maxRetries: 1);

        Assert.That(counts, Is.EqualTo(new AnnotationCounts(1, 0, 1)));
        Assert.That(server.Prompts, Has.Count.InRange(fault.DropsConnection ? 2 : 3, 3));
        using var failure = JsonDocument.Parse(Lines("failed").Single());
        Assert.That(failure.RootElement.GetProperty("path").GetString(), Is.EqualTo("image-0"));
        Assert.That(failure.RootElement.GetProperty("error").GetString(), Is.Not.Empty);
    }

    [Test]
    public async Task Run_VideoThatCannotBeDecoded_IsAFailureAndNobodyIsAsked()
    {
        using var server = new TeacherServer((_, _) => TeacherAnswer.Caption("A circle."));
        File.WriteAllText(Folder.File("a.mp4"), "no video");

        var counts = await Annotate(server, [new CaptionedVideo(new VideoReference(Folder.File("a.mp4"), new VideoReadOptions()), "A circle.", "a.mp4"), Row("image-0")]);

        Assert.That((counts, server.Prompts.Count), Is.EqualTo((new AnnotationCounts(1, 0, 1), 1)));
        Assert.That(Lines("failed").Single(), Does.Contain("cannot be read as a video"));
    }

    [Test]
    public void Run_Cancelled_KeepsWhatWasWritten()
    {
        using var cancellation = new CancellationTokenSource();
        using var server = new TeacherServer((call, _) =>
        {
            if (call == 2)
                cancellation.Cancel();
            return TeacherAnswer.Caption("A circle.");
        });

        Assert.That(() => Annotate(server, [.. Enumerable.Range(0, 9).Select(index => Row($"image-{index}"))], cancellationToken: cancellation.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(Lines("out"), Has.Length.EqualTo(2));
    }

    [Test]
    public async Task Run_Again_AsksOnlyWhatIsMissingAndForgetsOldFailures()
    {
        using var server = new TeacherServer((call, prompt) => call == 0 ? new TeacherAnswer(400, "{}") : TeacherAnswer.Caption("New " + prompt));
        CaptionedVideo[] rows = [Row("image-0", "zero"), Row("image-1", "one"), Row("image-2", "two")];
        var first = await Annotate(server, rows);

        var second = await Annotate(server, rows);

        Assert.That((first, second), Is.EqualTo((new AnnotationCounts(2, 0, 1), new AnnotationCounts(1, 2, 0))));
        Assert.That((server.Prompts.Count, Lines("out").Length, File.Exists(Folder.File("failed"))), Is.EqualTo((4, 3, false)));
    }

    [TestCase(0)]
    [TestCase(9)]
    public async Task Run_MaxRetries_AreTriesAfterTheFirstWithDelaysUpToAMinute(int maxRetries)
    {
        using var server = new TeacherServer((_, _) => new TeacherAnswer(503, "{}"));

        var counts = await Annotate(server, [Row("image-0")], maxRetries: maxRetries);

        Assert.That((counts, server.Prompts.Count), Is.EqualTo((new AnnotationCounts(0, 0, 1), 1 + maxRetries)));
        Assert.That(Clock.Waits, Has.Count.EqualTo(maxRetries));
        foreach (var (retry, wait) in Clock.Waits.Index())
            Assert.That(wait.TotalSeconds / Math.Min(60, Math.Pow(2, retry)), Is.InRange(0.5, 1.0));
    }

    /// <summary>On the machine's own clock: the wait that the server asks for ends with the cancellation.</summary>
    [Test, CancelAfter(60_000)]
    public void Run_CancelledWhileWaitingToTryAgain_EndsAtOnce()
    {
        using var cancellation = new CancellationTokenSource();
        using var server = new TeacherServer((_, _) =>
        {
            cancellation.CancelAfter(300);
            return new TeacherAnswer(429, "{}", "3600");
        });

        Assert.That(() => Annotate(server, [Row("image-0")], time: TimeProvider.System, cancellationToken: cancellation.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(server.Prompts, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Run_RateLimit_CountsRetriesToo()
    {
        using var server = new TeacherServer((call, _) => call % 2 == 0 ? new TeacherAnswer(500, "{}") : TeacherAnswer.Caption("A circle."));

        await Annotate(server, [.. Enumerable.Range(0, 4).Select(index => Row($"image-{index}"))], limiter: new RateLimiter(6, Clock));

        Assert.That(server.Prompts, Has.Count.EqualTo(8));
        Assert.That(Clock.Now, Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(70)));
    }
}
