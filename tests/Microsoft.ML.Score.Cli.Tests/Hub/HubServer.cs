using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Score.Cli.Hub;

/// <summary>One request as the server got it.</summary>
/// <param name="Host">Whether the hub was asked, or the host that it has its large files on.</param>
/// <param name="Path">The path with the query.</param>
/// <param name="Headers">The headers.</param>
internal sealed record HubRequest(HubHost Host, string Path, IReadOnlyDictionary<string, string> Headers)
{
    public string? Authorization => Headers.GetValueOrDefault("Authorization");

    public string? Range => Headers.GetValueOrDefault("Range");
}

/// <summary>Which of the two servers.</summary>
internal enum HubHost
{
    Hub,
    Files,
}

/// <summary>An answer, as it goes out.</summary>
/// <param name="Status">The status.</param>
/// <param name="Body">The bytes.</param>
/// <param name="Headers">Lines of the head.</param>
internal sealed record HubAnswer(int Status, byte[] Body, params IReadOnlyList<string> Headers)
{
    /// <summary>What Content-Length says; null for the truth, negative for no such line.</summary>
    public long? ToldLength { get; init; }

    /// <summary>After how many bytes of the body the connection breaks off.</summary>
    public int? CutAfter { get; init; }

    /// <summary>Runs when the bytes are out and the connection is still open.</summary>
    public Func<Task>? Then { get; init; }

    public static HubAnswer Redirect(string location, int status = 302) => new(status, [], $"Location: {location}");
}

/// <summary>
/// A hub on this machine: the list of a model's files, the files, and a second host that has the large ones, as on the public hub. A test changes what it
/// answers. Every connection has one request.
/// </summary>
internal sealed class HubServer : IDisposable
{
    public const string Model = "Org/Model";

    private readonly TcpListener _hub = new(IPAddress.Loopback, 0);
    private readonly TcpListener _files = new(IPAddress.Loopback, 0);
    private readonly Lock _lock = new();

    public HubServer()
    {
        foreach (var (listener, host) in new[] { (_hub, HubHost.Hub), (_files, HubHost.Files) })
        {
            listener.Start();
            _ = Accept(listener, host);
        }
    }

    public string Endpoint => $"http://{_hub.LocalEndpoint}";

    public string FilesEndpoint => $"http://{_files.LocalEndpoint}";

    /// <summary>The commit of main.</summary>
    public string Commit { get; set; } = new('a', 40);

    /// <summary>The files of every commit, by name.</summary>
    public Dictionary<string, byte[]> Content { get; } = [];

    /// <summary>What was asked so far, in order.</summary>
    public List<HubRequest> Requests { get; } = [];

    /// <summary>The answer to a request in place of the usual one, given the request and the usual one; called from one thread at a time.</summary>
    public Func<HubRequest, HubAnswer, HubAnswer> Change { get; set; } = (_, usual) => usual;

    /// <summary>Requests for a file's bytes, of whichever host.</summary>
    public IEnumerable<HubRequest> RequestsFor(string file) => Requests.Where(request => request.Path.EndsWith("/" + file, StringComparison.Ordinal));

    public static bool IsLarge(string file) => file.EndsWith(".safetensors", StringComparison.Ordinal);

    public static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>What `git hash-object` prints.</summary>
    public static string GitSha1(byte[] bytes) => Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {bytes.Length}\0"), .. bytes]));

    public static string HashOf(string file, byte[] bytes) => IsLarge(file) ? Sha256(bytes) : GitSha1(bytes);

    public static HubAnswer Json(object value) => new(200, JsonSerializer.SerializeToUtf8Bytes(value), "Content-Type: application/json");

    /// <summary>The list of files as the hub writes it.</summary>
    public object Listing() => new
    {
        id = Model,
        sha = Commit,
        siblings = Content.Select(item => IsLarge(item.Key)
            ? (object)new { rfilename = item.Key, size = item.Value.Length, blobId = new string('0', 40), lfs = new { sha256 = Sha256(item.Value), size = item.Value.Length, pointerSize = 134 } }
            : new { rfilename = item.Key, size = item.Value.Length, blobId = GitSha1(item.Value) }).ToArray(),
    };

    public void Dispose()
    {
        _hub.Dispose();
        _files.Dispose();
    }

    private HubAnswer Usual(HubRequest request)
    {
        var path = Uri.UnescapeDataString(request.Path.Split('?')[0]);
        if (request.Host == HubHost.Files)
            return Bytes(request, path[1..]);
        if (path.StartsWith($"/api/models/{Model}/revision/", StringComparison.Ordinal))
            return Json(Listing());
        var parts = path.Split('/', 6); // "", Org, Model, resolve, commit, file
        if (parts is not [_, "Org", "Model", "resolve", _, var file] || !Content.ContainsKey(file))
            return new(404, [], "X-Error-Code: RepoNotFound");
        return IsLarge(file) ? HubAnswer.Redirect($"{FilesEndpoint}/{file}") : Bytes(request, file);
    }

    private HubAnswer Bytes(HubRequest request, string file)
    {
        var bytes = Content[file];
        if (request.Range is not { } range)
            return new(200, bytes);
        var from = int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture);
        return from < bytes.Length ? new(206, bytes[from..], $"Content-Range: bytes {from}-{bytes.Length - 1}/{bytes.Length}") : new(416, [], $"Content-Range: bytes */{bytes.Length}");
    }

    private async Task Accept(TcpListener listener, HubHost host)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync();
                _ = Task.Run(() => Serve(client, host));
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The server was disposed.
        }
    }

    private async Task Serve(TcpClient client, HubHost host)
    {
        try
        {
            using (client)
            {
                await using var stream = client.GetStream();
                HubAnswer answer;
                var request = await ReadHead(stream, host);
                lock (_lock)
                {
                    Requests.Add(request);
                    answer = Change(request, Usual(request));
                }

                var length = answer.ToldLength ?? answer.Body.Length;
                var head = $"HTTP/1.1 {answer.Status} Status\r\nConnection: close\r\n{(length < 0 ? "" : $"Content-Length: {length}\r\n")}{string.Concat(answer.Headers.Select(line => line + "\r\n"))}\r\n";
                await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
                await stream.WriteAsync(answer.Body.AsMemory(0, Math.Min(answer.CutAfter ?? int.MaxValue, answer.Body.Length)));
                if (answer.Then is { } then)
                    await then();
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
        {
            // Who asked has gone.
        }
    }

    private static async Task<HubRequest> ReadHead(NetworkStream stream, HubHost host)
    {
        var head = new StringBuilder();
        var letter = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(letter);
            head.Append((char)letter[0]);
        }

        var lines = head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        return new HubRequest(host, lines[0].Split(' ')[1], lines.Skip(1).Select(line => line.Split(": ", 2)).ToDictionary(line => line[0], line => line[1], StringComparer.OrdinalIgnoreCase));
    }
}
