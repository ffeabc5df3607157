using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Score.Cli.Annotation;

/// <summary>A server of one connection, which answers its one request by bytes as they are.</summary>
internal sealed class RawServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    /// <param name="answer">Writes the answer, its head too; the connection is closed after it.</param>
    public RawServer(Func<NetworkStream, Task> answer)
    {
        _listener.Start();
        Serving = Task.Run(() => Serve(answer));
    }

    public RawServer(string head, byte[] body)
        : this(async stream =>
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"{head}\r\nConnection: close\r\nContent-Length: {body.Length}\r\n\r\n"));
            await stream.WriteAsync(body);
        })
    {
    }

    public string Address => $"http://{_listener.LocalEndpoint}";

    /// <summary>Ends with the lines of the request's head.</summary>
    public Task<string[]> Serving { get; }

    public void Dispose() => _listener.Dispose();

    private async Task<string[]> Serve(Func<NetworkStream, Task> answer)
    {
        using var client = await _listener.AcceptTcpClientAsync();
        await using var stream = client.GetStream();
        var head = new StringBuilder();
        var letter = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(letter);
            head.Append((char)letter[0]);
        }

        var lines = head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var length = lines.Single(line => line.StartsWith("Content-Length: ", StringComparison.Ordinal))["Content-Length: ".Length..];
        await stream.ReadExactlyAsync(new byte[int.Parse(length, CultureInfo.InvariantCulture)]);
        await answer(stream);
        return lines;
    }
}
