using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Score.Cli.Training;

namespace Score.Cli.Annotation;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class CaptionServiceTests : AnnotationRun
{
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
        using var service = new CaptionService(server.Endpoint, "teacher", null, TimeSpan.FromSeconds(60), Clock);
        var annotator = new Annotator(service, 5, null, Clock, Folder.File("failed")) { Model = "teacher", Prompt = "Old: {caption}", Frames = 1, LongestSide = 64 };
        using var file = new AnnotationFile(Folder.File("out"));

        var counts = await annotator.RunAsync(Rows(), file, concurrency: 1, _ => { }, default);

        Assert.That((counts.Annotated, counts.Failed, Clock.Waits.Count), Is.EqualTo((answers, failed, waits)));
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
        using var service = new CaptionService(new Uri("http://no-such-host.invalid/v1"), "teacher", null, TimeSpan.FromSeconds(60), Clock);
        var annotator = new Annotator(service, 5, null, Clock, Folder.File("failed")) { Model = "teacher", Prompt = "Old: {caption}", Frames = 1, LongestSide = 64 };
        using var file = new AnnotationFile(Folder.File("out"));

        var counts = await annotator.RunAsync([.. Enumerable.Range(0, 6).Select(index => Row($"image-{index}"))], file, concurrency: 1, _ => { }, default);

        Assert.That((counts.Failed, Clock.Waits.Count), Is.EqualTo((3, 0)));
        Assert.That(counts.Stopped, Does.Contain("http://no-such-host.invalid/v1/chat/completions cannot be reached"));
    }

    [Test]
    public async Task Ask_ServerThatSpeaksNoTls_IsUnreachable()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync();
            await client.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
        });
        using var service = new CaptionService(new Uri($"https://{listener.LocalEndpoint}/v1"), "teacher", Key, TimeSpan.FromSeconds(60), Clock);

        var fault = await FaultOf(service);

        await serving;
        Assert.That(fault.Message, Does.StartWith($"https://{listener.LocalEndpoint}/v1/chat/completions cannot be reached: "));
        Assert.That((fault.IsTransient, fault.EndsRunAfter), Is.EqualTo((false, 3)));
    }

    [Test]
    public async Task Run_AnswerOfTooManyBytes_IsNotHeld()
    {
        using var server = new TeacherServer((_, _) => TeacherAnswer.Caption(new string('a', 9 << 20)));

        var counts = await Annotate(server, [Row("image-0")]);

        Assert.That((counts, server.Prompts.Count), Is.EqualTo((new AnnotationCounts(0, 0, 1), 1)));
        Assert.That(Lines("failed").Single(), Does.Contain("longer than 8 MiB"));
    }

    /// <summary>A server that goes on and on, a byte at a time; refusals are read by the same rules.</summary>
    [TestCase("200 OK"), TestCase("503 Busy"), CancelAfter(60_000)]
    public async Task Ask_AnswerWithoutAnEnd_IsGivenUpInTime(string status)
    {
        using var server = new RawServer(async stream =>
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n\r\n"));
            while (true)
            {
                await stream.WriteAsync(" "u8.ToArray());
                await Task.Delay(20);
            }
        });
        using var service = Service(server, seconds: 1);

        var fault = await FaultOf(service);

        Assert.That((fault.Message, fault.IsTransient), Is.EqualTo(("no answer within 1 seconds.", true)));
        Assert.That(async () => await server.Serving, Throws.InstanceOf<IOException>(), "the connection is closed");
    }

    /// <summary>Were an answer held before its bytes are counted, this one would never be.</summary>
    [TestCase("200 OK"), TestCase("400 Bad Request"), TestCase("503 Busy"), CancelAfter(60_000)]
    public async Task Ask_BytesWithoutAnEnd_AreNotReadPastTheBound(string status)
    {
        var sent = 0L;
        using var server = new RawServer(async stream =>
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n\r\n"));
            for (var block = new byte[65536]; ; sent += block.Length)
                await stream.WriteAsync(block);
        });
        using var service = Service(server);

        var fault = await FaultOf(service);

        Assert.That(fault.Message, Does.StartWith("the answer is longer than 8 MiB"));
        Assert.That(async () => await server.Serving, Throws.InstanceOf<IOException>(), "the connection is closed");
        Assert.That(sent, Is.InRange(8L << 20, 64L << 20), "what the sockets hold comes on top");
    }

    /// <summary>The bound is of what the bytes unfold to: 64 MiB of blanks are some 64 KiB packed.</summary>
    [Test]
    public async Task Ask_PackedAnswerThatUnfoldsToTooMuch_IsNotReadPastTheBound()
    {
        using var server = new RawServer("HTTP/1.1 200 OK\r\nContent-Encoding: gzip", Packed(new byte[64 << 20], "gzip"));
        using var service = Service(server);

        Assert.That((await FaultOf(service)).Message, Does.StartWith("the answer is longer than 8 MiB"));
    }

    [TestCase("gzip", 200)]
    [TestCase("br", 200)]
    [TestCase("deflate", 200)]
    [TestCase("gzip", 400)]
    public async Task Ask_PackedAnswer_IsRead(string encoding, int status)
    {
        var answer = status == 200 ? TeacherAnswer.Caption("A circle.").Body : """{"error": {"message": "too long a prompt"}}""";
        using var server = new RawServer($"HTTP/1.1 {status} X\r\nContent-Encoding: {encoding}", Packed(Encoding.UTF8.GetBytes(answer), encoding));
        using var service = Service(server);

        var said = status == 200 ? (await service.AskAsync("What?", [], default)).Text : (await FaultOf(service)).Message;

        Assert.That(said, Is.EqualTo(status == 200 ? "A circle." : "the server answers 400: too long a prompt"));
    }

    [Test]
    public async Task Ask_DamagedPackedAnswer_IsAPassingFault()
    {
        using var server = new RawServer("HTTP/1.1 200 OK\r\nContent-Encoding: gzip", "no gzip, but text"u8.ToArray());
        using var service = Service(server);

        var fault = await FaultOf(service);

        Assert.That((fault.Message, fault.IsTransient), Is.EqualTo(("the connection failed: The archive entry was compressed using an unsupported compression method.", true)));
    }

    [TestCase(301, "https://elsewhere.example/v1/chat/completions")]
    [TestCase(302, "/login")]
    [TestCase(307, "https://elsewhere.example/v1/chat/completions?a=b%2Fc")]
    [TestCase(308, "//elsewhere.example/v2")]
    public async Task Ask_MovedAddress_IsNamedAndNotFollowed(int status, string place)
    {
        using var server = new RawServer($"HTTP/1.1 {status} Moved\r\nLocation: {place}", []);
        using var service = Service(server);

        var fault = await FaultOf(service);

        Assert.That(fault.Message, Is.EqualTo($"{server.Address}/v1/chat/completions answers {status}, moved to {place}; name that place with --endpoint."));
        Assert.That((fault.IsTransient, fault.EndsRunAfter), Is.EqualTo((false, 3)));
    }

    /// <summary>Only 3xx moves; elsewhere a Location says something else, or nothing.</summary>
    [TestCase(401, "the server answers 401.")]
    [TestCase(404, "ADDRESS/v1/chat/completions answers 404, no such model or address.")]
    [TestCase(500, "the server answers 500.")]
    [TestCase(201, "the answer is not understood: expected a chat completion, got an empty answer of status 201.")]
    public async Task Ask_LocationOfAnotherStatus_IsNoMove(int status, string message)
    {
        using var server = new RawServer($"HTTP/1.1 {status} X\r\nLocation: /login", []);
        using var service = Service(server);

        Assert.That((await FaultOf(service)).Message, Is.EqualTo(message.Replace("ADDRESS", server.Address, StringComparison.Ordinal)));
    }

    [TestCase(200, "", "an empty answer of status 200.")]
    [TestCase(200, " \n", "an empty answer of status 200.")]
    [TestCase(204, "", "an empty answer of status 204.")]
    [TestCase(200, "[]", "application/json: []")]
    [TestCase(200, "null", "application/json: null")]
    [TestCase(200, "[{\"a\": 1}]", "application/json: [{\"a\": 1}]")]
    [TestCase(200, "<html>", "application/json: <html>")]
    public async Task Ask_WhatIsNoChatCompletion_IsShown(int status, string body, string got)
    {
        using var server = new RawServer($"HTTP/1.1 {status} X\r\nContent-Type: application/json", Encoding.UTF8.GetBytes(body));
        using var service = Service(server);

        var fault = await FaultOf(service);

        Assert.That((fault.Message, fault.IsTransient), Is.EqualTo(($"the answer is not understood: expected a chat completion, got {got}", true)));
    }

    [TestCase("", "/chat/completions")]
    [TestCase("/", "/chat/completions")]
    [TestCase("/v1/", "/v1/chat/completions")]
    [TestCase("/v1/chat/completions/", "/v1/chat/completions")]
    [TestCase("/a%20b/v1?api-version=1&key=x%2Fy", "/a%20b/v1/chat/completions?api-version=1&key=x%2Fy")]
    [TestCase("/v1/chat/completions?api-version=2024-10-21", "/v1/chat/completions?api-version=2024-10-21")]
    public async Task Ask_Endpoint_IsAskedForItsChatCompletions(string endpoint, string target)
    {
        using var server = new RawServer("HTTP/1.1 200 OK", Encoding.UTF8.GetBytes(TeacherAnswer.Caption("A circle.").Body));
        using var service = new CaptionService(new Uri(server.Address + endpoint), "teacher", null, TimeSpan.FromSeconds(60), Clock);

        await service.AskAsync("What?", [], default);

        var request = await server.Serving;
        Assert.That(request[0], Is.EqualTo($"POST {target} HTTP/1.1"));
        Assert.That(request, Has.One.EqualTo("Content-Type: application/json").And.None.StartsWith("Authorization").And.None.StartsWith("Transfer-Encoding"));
    }

    [Test]
    public async Task Ask_FaultAtAnEndpointWithAQuery_DoesNotShowTheQuery()
    {
        using var server = new RawServer("HTTP/1.1 404 Not Found", []);
        using var service = new CaptionService(new Uri(server.Address + "/v1?key=sk-in-the-query"), "teacher", null, TimeSpan.FromSeconds(60), Clock);

        Assert.That((await FaultOf(service)).Message, Is.EqualTo($"{server.Address}/v1/chat/completions answers 404, no such model or address."));
    }

    [Test]
    public async Task Ask_ConnectionThatEndsWithinTheAnswer_IsAPassingFault()
    {
        using var server = new RawServer(async stream => await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"choices\": ["u8.ToArray()));
        using var service = Service(server);

        var fault = await FaultOf(service);

        Assert.That((fault.Message, fault.IsTransient, fault.EndsRunAfter), Is.EqualTo(("the connection failed: The response ended prematurely, with at least 487 additional bytes expected. (ResponseEnded)", true, 10)));
    }

    [Test]
    public async Task Ask_WhatIsNoHttp_IsAPassingFault()
    {
        using var server = new RawServer(async stream => await stream.WriteAsync("220 mail.example ESMTP\r\n"u8.ToArray()));
        using var service = Service(server);

        var fault = await FaultOf(service);

        Assert.That((fault.Message, fault.IsTransient), Is.EqualTo(("the connection failed: Received an invalid status line: '220 mail.example ESMTP'.", true)));
    }

    [Test]
    public async Task Ask_LimitAndTemperature_AreSentWhereGiven()
    {
        using var server = new TeacherServer((_, _) => TeacherAnswer.Caption("A circle."));
        using var plain = new CaptionService(server.Endpoint, "teacher", null, TimeSpan.FromSeconds(60), Clock);
        using var limited = new CaptionService(new Uri(server.Endpoint + "/chat/completions/"), "teacher", null, TimeSpan.FromSeconds(60), Clock) { MaxTokens = 300, Temperature = 0.5 };

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
        using var service = new CaptionService(server.Endpoint, "teacher", Key, TimeSpan.FromSeconds(60), Clock) { MaxTokens = 7 };
        var annotator = new Annotator(service, 1, null, Clock, Folder.File("failed")) { Model = "teacher", Prompt = "Old: {caption}", Frames = 1, LongestSide = 64 };
        using var file = new AnnotationFile(Folder.File("out"));

        var counts = await annotator.RunAsync([Row("image-0")], file, concurrency: 1, _ => { }, default);

        Assert.That((counts, server.Request.GetProperty("max_completion_tokens").GetInt32(), server.Request.TryGetProperty("max_tokens", out _)), Is.EqualTo((new AnnotationCounts(1, 0, 0), 7, false)));
    }

    private CaptionService Service(RawServer server, double seconds = 60) => new(new Uri(server.Address + "/v1"), "teacher", Key, TimeSpan.FromSeconds(seconds), Clock);

    private static async Task<CaptionFailedException> FaultOf(CaptionService service) =>
        (await Assert.CatchAsync<CaptionFailedException>(() => service.AskAsync("What?", [], default)))!;

    private static byte[] Packed(byte[] bytes, string encoding)
    {
        using var packed = new MemoryStream();
        using (Stream packing = encoding switch
        {
            "gzip" => new GZipStream(packed, CompressionLevel.Optimal),
            "br" => new BrotliStream(packed, CompressionLevel.Optimal),
            _ => new ZLibStream(packed, CompressionLevel.Optimal),
        })
        {
            packing.Write(bytes);
        }

        return packed.ToArray();
    }
}
