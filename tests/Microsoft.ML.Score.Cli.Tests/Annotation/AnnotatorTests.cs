using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.ML.Score.Video;
using Score.Cli.Training;
using Score.Cli.Videos;

namespace Score.Cli.Annotation;

/// <summary>Against a server on this machine; waiting takes no time, but for the timeout of an answer.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class AnnotatorTests : IDisposable
{
    private const string Key = "sk-secret-7";

    private readonly TemporaryFolder _folder = new();
    private readonly JumpingClock _clock = new();

    [OneTimeSetUp]
    public static void RequireFFmpeg() => FFmpegProgram.Require();

    public void Dispose() => _folder.Dispose();

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
        Assert.That(_clock.Waits.Single().TotalSeconds, seconds == 1 ? Is.InRange(0.5, 1.0) : Is.EqualTo(seconds));
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
        Assert.That((server.Prompts.Count, File.Exists(_folder.File("failed"))), Is.EqualTo((3, false)));
        Assert.That(_clock.Waits, Has.Count.GreaterThanOrEqualTo(2)); // a try on a connection that is just being dropped does not reach the server
        Assert.That(_clock.Waits[0].TotalSeconds, Is.InRange(0.5, 1.0));
        Assert.That(_clock.Waits[1].TotalSeconds, Is.InRange(1.0, 2.0));
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

    [TestCase(400)]
    [TestCase(403)]
    [TestCase(404)]
    [TestCase(422)]
    public async Task Run_RequestThatIsRefused_IsNotTriedAgainAndTheKeyStaysSecret(int status)
    {
        using var server = new TeacherServer((_, _) => new TeacherAnswer(status, $$$"""{"error": {"message": "not with {{{Key}}}\nplease", "type": "refused"}}"""));

        var counts = await Annotate(server, [Row("image-0")]);

        Assert.That((counts, server.Prompts.Count), Is.EqualTo((new AnnotationCounts(0, 0, 1), 1)));
        Assert.That(Lines("failed").Single(), Does.Contain("not with ***").And.Not.Contain(Key));
    }

    [TestCase("length")]
    [TestCase("max_tokens")]
    [TestCase("MAX_TOKENS")]
    [TestCase("model_length")]
    [TestCase("content_filter")]
    [TestCase("SAFETY")]
    [TestCase("stop", "<think>A circle that")]
    [TestCase(null, "A circle.</think><think>But")]
    public async Task Run_CaptionThatIsCutOff_IsAFailure(string? finishReason, string text = "A circle that")
    {
        using var server = new TeacherServer((_, _) => TeacherAnswer.Caption(text, finishReason!));

        var counts = await Annotate(server, [Row("image-0")]);

        Assert.That((counts, server.Prompts.Count), Is.EqualTo((new AnnotationCounts(0, 0, 1), 1)));
    }

    /// <summary>What servers that call themselves compatible answer.</summary>
    [TestCase("""{"choices": [{"finish_reason": "eos_token", "message": {"role": "assistant", "content": "A circle."}}], "usage": {"prompt_tokens": 11, "completion_tokens": 3}}""", true)]
    [TestCase("""{"choices": [{"finish_reason": null, "message": {"role": "model", "content": "A circle.", "refusal": null, "tool_calls": []}}], "usage": null}""", false)]
    [TestCase("""{"id": 7, "created": 17.5, "choices": [{"message": {"content": [{"type": "text", "text": "A "}, {"type": "text", "text": "circle."}]}}], "usage": {"total_tokens": 14}}""", false)]
    [TestCase("""{"choices": [{"message": {"content": "A circle.", "refusal": "", "reasoning_content": "Hm."}}], "usage": {"prompt_tokens": 11.5, "completion_tokens": 3}}""", false)]
    [TestCase("""{"choices": [{"message": {"content": "A circle."}}], "usage": [1]}""", false)]
    [TestCase("""{"choices": [{"message": {"content": "A circle."}}], "usage": {"prompt_tokens": -1, "completion_tokens": 3}}""", false)]
    [TestCase("""{"choices": [{"message": {"\ud800": 1, "content": "A circle."}}]}""", false)]
    [TestCase("""{"error": null, "choices": [{"message": {"content": ["A ", "circle."]}}]}""", false)]
    [TestCase("""{"choices": [{"message": {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hmm"}]}, {"type": "text", "text": "A circle."}]}}]}""", false)]
    [TestCase("""{"choices": [{"message": {"content": [{"type": "reasoning", "text": "hmm"}, {"type": "text", "text": null}, {"type": "output_text", "text": "A circle."}]}}]}""", false)]
    [TestCase("""{"choices": [{"message": {"content": [{"thought": true, "text": "hmm"}, {"text": "A circle."}, 3]}}]}""", false)]
    [TestCase("""{"choices": [{"message": {"reasoning": "hm", "content": "<think>\nThe user wants a caption.\n</think>\n\nA circle."}}]}""", false)]
    [TestCase("""{"choices": [{"message": {"content": "A circle.<|im_end|>"}}]}""", false)]
    [TestCase("\ufeff{\"choices\": [{\"message\": {\"content\": \"A circle.\"}}]}", false)]
    public async Task Run_AnswerOfAnotherServer_IsReadForWhatItHas(string body, bool tellsUsage)
    {
        using var server = new TeacherServer((_, _) => new TeacherAnswer(200, body));

        var counts = await Annotate(server, [Row("image-0")]);

        Assert.That((counts, server.Prompts.Count), Is.EqualTo((new AnnotationCounts(1, 0, 0), 1)));
        using var row = JsonDocument.Parse(Lines("out").Single());
        Assert.That((row.RootElement.GetProperty("caption").GetString(), row.RootElement.GetProperty("usage").ValueKind),
            Is.EqualTo(("A circle.", tellsUsage ? JsonValueKind.Object : JsonValueKind.Null)));
    }

    [Test]
    public async Task Run_Refusal_IsAFailureWithItsText()
    {
        using var server = new TeacherServer((_, _) => new TeacherAnswer(200, """{"choices": [{"finish_reason": "stop", "message": {"content": null, "refusal": "Not this one"}}]}"""));

        var counts = await Annotate(server, [Row("image-0")]);

        Assert.That((counts, server.Prompts.Count), Is.EqualTo((new AnnotationCounts(0, 0, 1), 1)));
        Assert.That(Lines("failed").Single(), Does.Contain("Not this one"));
    }

    [Test]
    public async Task Run_VideoThatCannotBeDecoded_IsAFailureAndNobodyIsAsked()
    {
        using var server = new TeacherServer((_, _) => TeacherAnswer.Caption("A circle."));
        File.WriteAllText(_folder.File("a.mp4"), "no video");

        var counts = await Annotate(server, [new CaptionedVideo(new VideoReference(_folder.File("a.mp4"), new VideoReadOptions()), "A circle.", "a.mp4"), Row("image-0")]);

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

    /// <summary>What no other row would fare better with ends the run; what may be the row's own fault does not.</summary>
    [TestCase(401, "{}", 1)]
    [TestCase(402, "{}", 3)]
    [TestCase(403, "{}", 3)]
    [TestCase(404, "{}", 3)]
    [TestCase(301, "", 3)]
    [TestCase(429, """{"error": {"code": "insufficient_quota"}}""", 3)]
    [TestCase(400, """{"error": {"code": "model_not_found"}}""", 3)]
    [TestCase(200, """{"error": {"code": 403, "message": "no"}}""", 3)]
    [TestCase(503, "{}", 10, 1)]
    [TestCase(200, "<html>", 10, 1)]
    [TestCase(400, "{}", 12)]
    [TestCase(422, "{}", 12)]
    public async Task Run_FaultOfTheEndpoint_EndsTheRunAfterAFewRows(int status, string body, int rows, int maxRetries = 0)
    {
        using var server = new TeacherServer((_, prompt) => prompt == "Old: good" ? TeacherAnswer.Caption("A circle.") : new TeacherAnswer(status, body));

        var counts = await Annotate(server, [Row("image-99", "good"), .. Enumerable.Range(0, 12).Select(index => Row($"image-{index}"))], maxRetries: maxRetries);

        Assert.That((counts.Annotated, counts.Failed, counts.Stopped is not null), Is.EqualTo((1, rows, rows < 12)));
        Assert.That((server.Prompts.Count, Lines("out").Length, Lines("failed").Length), Is.EqualTo((1 + rows * (1 + maxRetries), 1, rows)));
    }

    [Test]
    public async Task Run_FaultsOfTheEndpointBetweenAnswers_DoNotEndTheRun()
    {
        using var server = new TeacherServer((call, _) => call % 3 == 2 ? TeacherAnswer.Caption("A circle.") : new TeacherAnswer(403, "{}"));

        var counts = await Annotate(server, [.. Enumerable.Range(0, 9).Select(index => Row($"image-{index}"))]);

        Assert.That(counts, Is.EqualTo(new AnnotationCounts(3, 0, 6)));
    }

    [Test]
    public async Task Run_KeyThatIsRefused_StaysSecretWhereverTheMessageIsCut([Values(0, 270, 280, 290, 300)] int before)
    {
        using var server = new TeacherServer((_, _) => new TeacherAnswer(401, $$$"""{"error": {"message": "{{{new string('x', before)}}} {{{Key}}}"}}"""));

        var counts = await Annotate(server, [Row("image-0"), Row("image-1")]);

        Assert.That(counts.Stopped, Does.Contain("answers 401").And.Not.Contain(Key[..6]));
        Assert.That(Lines("failed").Single(), Does.Not.Contain(Key[..6]));
    }

    /// <summary>Before the first answer nothing is waited for; a server that goes away later is waited for, then the run ends.</summary>
    [TestCase(0, 3, 0)]
    [TestCase(2, 3, 3 * 5)]
    public async Task Run_ServerThatIsNotThere_EndsTheRunAfterAFewRows(int answers, int failed, int waits)
    {
        TeacherServer? server = null;
        server = new TeacherServer((call, prompt) =>
        {
            if (call == answers - 1)
                _ = Task.Run(async () =>
                {
                    await Task.Delay(200);
                    server!.Dispose();
                });
            return TeacherAnswer.Caption("A circle.");
        });
        if (answers == 0)
            server.Dispose();
        using var service = new CaptionService(server.Endpoint, "teacher", null, TimeSpan.FromSeconds(60), _clock);
        var annotator = new Annotator(service, 5, null, _clock, _folder.File("failed")) { Model = "teacher", Prompt = "Old: {caption}", Frames = 1, LongestSide = 64 };
        using var file = new AnnotationFile(_folder.File("out"));

        var counts = await annotator.RunAsync(Rows(), file, concurrency: 1, _ => { }, default);

        Assert.That((counts.Annotated, counts.Failed, _clock.Waits.Count), Is.EqualTo((answers, failed, waits)));
        Assert.That(counts.Stopped, Does.StartWith("3 rows in succession failed by a fault of the endpoint: ").And.Contain("cannot be reached"));

        IEnumerable<CaptionedVideo> Rows()
        {
            for (var index = 0; index < 12; index++)
            {
                if (index == answers && answers > 0)
                    Thread.Sleep(1000); // until the server has gone
                yield return Row($"image-{index}");
            }
        }
    }

    [Test]
    public async Task Run_NameThatIsNotKnown_EndsTheRunAtOnce()
    {
        using var service = new CaptionService(new Uri("http://no-such-host.invalid/v1"), "teacher", null, TimeSpan.FromSeconds(60), _clock);
        var annotator = new Annotator(service, 5, null, _clock, _folder.File("failed")) { Model = "teacher", Prompt = "Old: {caption}", Frames = 1, LongestSide = 64 };
        using var file = new AnnotationFile(_folder.File("out"));

        var counts = await annotator.RunAsync([.. Enumerable.Range(0, 6).Select(index => Row($"image-{index}"))], file, concurrency: 1, _ => { }, default);

        Assert.That((counts.Failed, _clock.Waits.Count), Is.EqualTo((3, 0)));
        Assert.That(counts.Stopped, Does.Contain("http://no-such-host.invalid/v1/chat/completions cannot be reached"));
    }

    [Test]
    public async Task Run_AnswerOfTooManyBytes_IsNotHeld()
    {
        using var server = new TeacherServer((_, _) => TeacherAnswer.Caption(new string('a', 9 << 20)));

        var counts = await Annotate(server, [Row("image-0")]);

        Assert.That((counts, server.Prompts.Count), Is.EqualTo((new AnnotationCounts(0, 0, 1), 1)));
        Assert.That(Lines("failed").Single(), Does.Contain("longer than 8 MiB"));
    }

    [Test]
    public async Task Run_CaptionOfTooManyCharacters_IsAFailure()
    {
        using var server = new TeacherServer((call, _) => TeacherAnswer.Caption(new string('a', 32_768 + call)));

        var counts = await Annotate(server, [Row("image-0"), Row("image-1")]);

        Assert.That(counts, Is.EqualTo(new AnnotationCounts(1, 0, 1)));
        Assert.That(Lines("failed").Single(), Does.Contain("has 32769 characters"));
    }

    /// <summary>A server that goes on and on, a byte at a time.</summary>
    [Test, CancelAfter(60_000)]
    public async Task Run_AnswerWithoutAnEnd_IsGivenUpInTime(CancellationToken cancellationToken)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync(cancellationToken);
            await using var stream = client.GetStream();
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"u8.ToArray(), cancellationToken);
            while (true)
            {
                await stream.WriteAsync(" "u8.ToArray(), cancellationToken);
                await Task.Delay(20, cancellationToken);
            }
        }, cancellationToken);
        using var service = new CaptionService(new Uri($"http://{listener.LocalEndpoint}/v1"), "teacher", null, TimeSpan.FromSeconds(1), _clock);

        var fault = (await Assert.CatchAsync<CaptionFailedException>(() => service.AskAsync("What?", [], cancellationToken)))!;

        Assert.That((fault.Message, fault.IsTransient), Is.EqualTo(("no answer within 1 seconds.", true)));
        Assert.That(async () => await serving, Throws.InstanceOf<IOException>(), "the connection is closed");
    }

    [Test]
    public async Task Ask_LimitAndTemperature_AreSentWhereGiven()
    {
        using var server = new TeacherServer((_, _) => TeacherAnswer.Caption("A circle."));
        using var plain = new CaptionService(server.Endpoint, "teacher", null, TimeSpan.FromSeconds(60), _clock);
        using var limited = new CaptionService(new Uri(server.Endpoint + "/chat/completions/"), "teacher", null, TimeSpan.FromSeconds(60), _clock) { MaxTokens = 300, Temperature = 0.5 };

        await plain.AskAsync("What?", [], default);
        var names = server.Request.EnumerateObject().Select(member => member.Name).ToArray();
        await limited.AskAsync("What?", [], default);

        Assert.That(names, Is.EqualTo(new[] { "model", "messages" }));
        Assert.That((server.Request.GetProperty("max_tokens").GetInt32(), server.Request.GetProperty("temperature").GetDouble(), server.Authorization), Is.EqualTo((300, 0.5, (string?)null)));
        Assert.That((plain.Spent, limited.Spent), Is.EqualTo((new TokenUsage(11, 3), new TokenUsage(11, 3))));
    }

    /// <summary>OpenAI's later models take the limit by another name only, which others do not know.</summary>
    [Test]
    public async Task Run_LimitThatIsRefusedByItsName_IsSentByTheOther()
    {
        using var server = new TeacherServer((call, _) => call == 0
            ? new TeacherAnswer(400, """{"error": {"message": "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."}}""") : TeacherAnswer.Caption("A circle."));
        using var service = new CaptionService(server.Endpoint, "teacher", Key, TimeSpan.FromSeconds(60), _clock) { MaxTokens = 7 };
        var annotator = new Annotator(service, 1, null, _clock, _folder.File("failed")) { Model = "teacher", Prompt = "Old: {caption}", Frames = 1, LongestSide = 64 };
        using var file = new AnnotationFile(_folder.File("out"));

        var counts = await annotator.RunAsync([Row("image-0")], file, concurrency: 1, _ => { }, default);

        Assert.That((counts, server.Request.GetProperty("max_completion_tokens").GetInt32(), server.Request.TryGetProperty("max_tokens", out _)), Is.EqualTo((new AnnotationCounts(1, 0, 0), 7, false)));
    }

    [Test]
    public async Task Run_Again_AsksOnlyWhatIsMissingAndForgetsOldFailures()
    {
        using var server = new TeacherServer((call, prompt) => call == 0 ? new TeacherAnswer(400, "{}") : TeacherAnswer.Caption("New " + prompt));
        CaptionedVideo[] rows = [Row("image-0", "zero"), Row("image-1", "one"), Row("image-2", "two")];
        var first = await Annotate(server, rows);

        var second = await Annotate(server, rows);

        Assert.That((first, second), Is.EqualTo((new AnnotationCounts(2, 0, 1), new AnnotationCounts(1, 2, 0))));
        Assert.That((server.Prompts.Count, Lines("out").Length, File.Exists(_folder.File("failed"))), Is.EqualTo((4, 3, false)));
    }

    [TestCase(0)]
    [TestCase(9)]
    public async Task Run_MaxRetries_AreTriesAfterTheFirstWithDelaysUpToAMinute(int maxRetries)
    {
        using var server = new TeacherServer((_, _) => new TeacherAnswer(503, "{}"));

        var counts = await Annotate(server, [Row("image-0")], maxRetries: maxRetries);

        Assert.That((counts, server.Prompts.Count), Is.EqualTo((new AnnotationCounts(0, 0, 1), 1 + maxRetries)));
        Assert.That(_clock.Waits, Has.Count.EqualTo(maxRetries));
        foreach (var (retry, wait) in _clock.Waits.Index())
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

        await Annotate(server, [.. Enumerable.Range(0, 4).Select(index => Row($"image-{index}"))], limiter: new RateLimiter(6, _clock));

        Assert.That(server.Prompts, Has.Count.EqualTo(8));
        Assert.That(_clock.Now, Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(70)));
    }

    private async Task<AnnotationCounts> Annotate(TeacherServer server, CaptionedVideo[] rows, double timeout = 60, int maxRetries = 5, RateLimiter? limiter = null, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        using var service = new CaptionService(server.Endpoint, "teacher", Key, TimeSpan.FromSeconds(timeout), time ?? _clock);
        var annotator = new Annotator(service, maxRetries, limiter, time ?? _clock, _folder.File("failed")) { Model = "teacher", Prompt = "Old: {caption}", Frames = 2, LongestSide = 64 };
        using var file = new AnnotationFile(_folder.File("out"));
        return await annotator.RunAsync(rows, file, concurrency: 1, _ => { }, cancellationToken);
    }

    private static CaptionedVideo Row(string id, string caption = "A circle.") => new(VideoReference.ToSynthetic("test-" + id), caption, id);

    private string[] Lines(string file) => File.ReadAllLines(_folder.File(file));
}
