using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Microsoft.ML.Score.Testing;

/// <summary>What the server does with one request.</summary>
public sealed record TeacherAnswer(int Status, string Body, string? RetryAfter = null, TimeSpan Delay = default, bool DropsConnection = false)
{
    public static TeacherAnswer Caption(string text, string finishReason = "stop") => new(200, JsonSerializer.Serialize(new
    {
        id = "1",
        @object = "chat.completion",
        created = 1,
        model = "teacher",
        choices = new[] { new { index = 0, finish_reason = finishReason, message = new { role = "assistant", content = text } } },
        usage = new { prompt_tokens = 11, completion_tokens = 3, total_tokens = 14 },
    }));
}

/// <summary>An OpenAI-compatible server on this machine that answers as a test says.</summary>
public sealed class TeacherServer : IDisposable
{
    private readonly Func<int, string, TeacherAnswer> _answer;
    private readonly HttpListener _listener;
    private readonly Lock _lock = new();

    /// <param name="answer">The answer to a request: its number, from 0, and its prompt.</param>
    public TeacherServer(Func<int, string, TeacherAnswer> answer)
    {
        _answer = answer;
        (_listener, Endpoint) = Listen();
        _ = Serve();
    }

    public Uri Endpoint { get; }

    /// <summary>The prompts asked so far.</summary>
    public List<string> Prompts { get; } = [];

    /// <summary>The images of the last request.</summary>
    public List<byte[]> Images { get; private set; } = [];

    /// <summary>The last request's document.</summary>
    public JsonElement Request { get; private set; }

    /// <summary>The key that the last request came with.</summary>
    public string? Authorization { get; private set; }

    public void Dispose() => _listener.Close();

    private static (HttpListener Listener, Uri Endpoint) Listen()
    {
        for (var attempt = 0; ; attempt++)
        {
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            var address = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/";
            probe.Stop();
            var listener = new HttpListener { Prefixes = { address } };
            try
            {
                listener.Start();
                return (listener, new Uri(address + "v1"));
            }
            catch (HttpListenerException) when (attempt < 5)
            {
                // Another process took the port in between.
            }
        }
    }

    private async Task Serve()
    {
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync();
                _ = Task.Run(() => Handle(context));
            }
        }
        catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
        {
            // The server was disposed.
        }
    }

    private async Task Handle(HttpListenerContext context)
    {
        var answer = Receive(context.Request);
        await Task.Delay(answer.Delay);
        try
        {
            if (answer.DropsConnection)
            {
                context.Response.Abort();
                return;
            }

            context.Response.StatusCode = answer.Status;
            context.Response.ContentType = "application/json";
            if (answer.RetryAfter is not null)
                context.Response.Headers["Retry-After"] = answer.RetryAfter;
            context.Response.Close(System.Text.Encoding.UTF8.GetBytes(answer.Body), willBlock: false);
        }
        catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
        {
            // Who asked has gone.
        }
    }

    private TeacherAnswer Receive(HttpListenerRequest request)
    {
        using var document = JsonDocument.Parse(request.InputStream);
        var parts = document.RootElement.GetProperty("messages")[0].GetProperty("content").EnumerateArray().ToList();
        lock (_lock)
        {
            Request = document.RootElement.Clone();
            Authorization = request.Headers["Authorization"];
            Images = [.. parts.Where(part => part.GetProperty("type").GetString() == "image_url")
                .Select(part => Convert.FromBase64String(part.GetProperty("image_url").GetProperty("url").GetString()!["data:image/jpeg;base64,".Length..]))];
            Prompts.Add(parts.Single(part => part.GetProperty("type").GetString() == "text").GetProperty("text").GetString()!);
            return _answer(Prompts.Count - 1, Prompts[^1]);
        }
    }
}
