using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;

namespace Score.Cli.Annotation;

/// <summary>A caption as a teacher model gave it.</summary>
/// <param name="Text">The caption.</param>
/// <param name="Usage">Tokens counted by the server; null where it tells none.</param>
internal sealed record TeacherCaption(string Text, TokenUsage? Usage);

/// <summary>
/// Asks a teacher model behind an OpenAI-compatible endpoint, one try a call: <see cref="Annotator"/> tries again, where the rate limit counts every try.
/// The package sends; the answer is read here, as it comes, so that it is bounded in time and bytes, and for the little that all servers
/// have in common. Safe for concurrent use.
/// </summary>
internal sealed class CaptionService : IDisposable
{
    private const int MostAnswerBytes = 8 << 20;
    private const int MostMessageCharacters = 300;
    private const string Path = "/chat/completions";

    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly HttpClient _http;
    private readonly ChatClient _client;
    private readonly string _shownAddress;
    private readonly string _model;
    private readonly string? _apiKey;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private volatile bool _hasAnswered;
    private volatile string _limitName = "max_tokens";

    /// <param name="endpoint">The base address, which ends in /v1 as a rule.</param>
    /// <param name="model">The model's name at the endpoint.</param>
    /// <param name="apiKey">The key, of printable ASCII; null for a server that asks for none.</param>
    /// <param name="timeout">How long an answer may take.</param>
    /// <param name="time">The clock that dates in the server's answers are compared with.</param>
    public CaptionService(Uri endpoint, string model, string? apiKey, TimeSpan timeout, TimeProvider time)
    {
        (_model, _apiKey, _timeout, _time) = (model, apiKey, timeout, time);
        var path = endpoint.AbsolutePath.TrimEnd('/');
        var stem = new UriBuilder(endpoint) { Path = path.EndsWith(Path, StringComparison.Ordinal) ? path[..^Path.Length] : path }.Uri;
        _shownAddress = stem.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped).TrimEnd('/') + Path; // a query may hold a key

        // A redirected request would lose its key and its body; names are looked up anew now and then, because a run may take days.
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.All,
            ConnectTimeout = TimeSpan.FromSeconds(30),
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        })
        { Timeout = Timeout.InfiniteTimeSpan };

        // Tries again nowhere but in Annotator, and times out nowhere but here.
        var options = new OpenAIClientOptions
        {
            Endpoint = stem,
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
            NetworkTimeout = Timeout.InfiniteTimeSpan,
            Transport = new HttpClientPipelineTransport(_http),
            UserAgentApplicationId = "score",
        };
        if (apiKey is null)
            options.AddPolicy(new NoKey(), PipelinePosition.BeforeTransport);
        _client = new ChatClient(model, new ApiKeyCredential(apiKey ?? "none"), options);
    }

    /// <summary>The most tokens of an answer; null for the server's own limit.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>What the server divides logits by; null for its own default.</summary>
    public double? Temperature { get; init; }

    /// <summary>What all answers so far took, those without a caption too; null where the server tells none.</summary>
    public TokenUsage? Spent { get; private set; }

    /// <param name="prompt">What to ask for.</param>
    /// <param name="images">JPEG images, in the order of time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CaptionFailedException">There is no caption, or not a whole one.</exception>
    public async Task<TeacherCaption> AskAsync(string prompt, IReadOnlyList<byte[]> images, CancellationToken cancellationToken)
    {
        try
        {
            return await SendAsync(prompt, images, cancellationToken);
        }
        catch (CaptionFailedException exception)
        {
            throw exception.As(Shown(exception.Message));
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<TeacherCaption> SendAsync(string prompt, IReadOnlyList<byte[]> images, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_timeout);
        try
        {
            using var question = Question(prompt, images);
            var options = new RequestOptions { BufferResponse = false, ErrorOptions = ClientErrorBehaviors.NoThrow, CancellationToken = patience.Token };
            using var response = (await _client.CompleteChatAsync(question, options)).GetRawResponse();
            _hasAnswered = true;
            return Read(response, await ReadAsync(response.ContentStream ?? Stream.Null, patience.Token));
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw patience.IsCancellationRequested
                ? new CaptionFailedException($"no answer within {_timeout.TotalSeconds} seconds.", exception) { IsTransient = true, EndsRunAfter = ServerFault.ManyRows }
                : Unreachable(exception);
        }
        catch (ClientResultException exception) when (exception.InnerException is HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
        })
        {
            throw Unreachable(exception.InnerException);
        }
        catch (Exception exception) when (exception is ClientResultException or IOException or InvalidDataException)
        {
            throw new CaptionFailedException($"the connection failed: {exception.Message}", exception) { IsTransient = true, EndsRunAfter = ServerFault.ManyRows };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new CaptionFailedException($"the answer is not understood: {exception.Message}", exception) { IsTransient = true, EndsRunAfter = ServerFault.ManyRows };
        }
    }

    private BinaryContent Question(string prompt, IReadOnlyList<byte[]> images)
    {
        object[] question =
        [
            .. images.Select(image => new { type = "image_url", image_url = new { url = $"data:image/jpeg;base64,{Convert.ToBase64String(image)}" } }),
            new { type = "text", text = prompt },
        ];
        var request = new Dictionary<string, object> { ["model"] = _model, ["messages"] = new[] { new { role = "user", content = question } } };
        if (MaxTokens is { } most)
            request[_limitName] = most;
        if (Temperature is { } temperature)
            request["temperature"] = temperature;
        return BinaryContent.Create(BinaryData.FromObjectAsJson(request, s_json));
    }

    private TeacherCaption Read(PipelineResponse response, byte[] body)
    {
        var answer = ServerFault.ReadBody(body.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? body.AsSpan(Encoding.UTF8.Preamble.Length) : body);
        if (response.Status is < 200 or >= 300)
            throw Refusal(response, answer);
        if (answer.ValueKind != JsonValueKind.Object)
            throw new JsonException($"expected a chat completion, got {What(response, answer)}");
        var usage = ChatAnswer.Usage(answer);
        if (usage is not null)
            lock (_lock)
                Spent = new TokenUsage((Spent?.PromptTokens ?? 0) + usage.PromptTokens, (Spent?.CompletionTokens ?? 0) + usage.CompletionTokens);
        return new TeacherCaption(ChatAnswer.Caption(answer), usage);
    }

    private static string What(PipelineResponse response, JsonElement answer)
    {
        var text = answer.ValueKind switch { JsonValueKind.Undefined => "", JsonValueKind.String => answer.GetString(), _ => answer.GetRawText() };
        return string.IsNullOrWhiteSpace(text) ? $"an empty answer of status {response.Status}." : $"{Header(response, "Content-Type") ?? "no media type"}: {text}";
    }

    private CaptionFailedException Refusal(PipelineResponse response, JsonElement answer)
    {
        var status = response.Status;
        var what = status is >= 300 and < 400 && Header(response, "Location") is { } location ? $"{_shownAddress} answers {status}, moved to {location}; name that place with --endpoint"
            : status == 404 ? $"{_shownAddress} answers 404, no such model or address"
            : $"the server answers {status}";
        var fault = ServerFault.Of(status, answer, what);
        if (MaxTokens is not null && fault.Message.Contains("max_completion_tokens", StringComparison.Ordinal) && _limitName == "max_tokens")
        {
            _limitName = "max_completion_tokens"; // what OpenAI's later models call it, and only they
            return new CaptionFailedException(fault.Message, fault) { IsTransient = true };
        }

        var wait = RetryConditionHeaderValue.TryParse(Header(response, "Retry-After"), out var value) ? value.Delta ?? value.Date - _time.GetUtcNow() : null;
        return fault.IsTransient ? new CaptionFailedException(fault.Message, fault) { IsTransient = true, EndsRunAfter = fault.EndsRunAfter, RetryAfter = wait } : fault;
    }

    /// <summary>Before the first answer nothing is waited for: the address is wrong, or the server is not there yet.</summary>
    private CaptionFailedException Unreachable(Exception exception) =>
        new($"{_shownAddress} cannot be reached: {exception.InnerException?.Message ?? exception.Message}", exception) { IsTransient = _hasAnswered, EndsRunAfter = ServerFault.FewRows };

    /// <summary>One line of bounded length, without the key, which some servers quote when they refuse it.</summary>
    private string Shown(string message)
    {
        var text = string.IsNullOrEmpty(_apiKey) ? message : message.Replace(_apiKey, "***", StringComparison.Ordinal);
        text = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        if (text.Length <= MostMessageCharacters)
            return text;
        return text[..(char.IsHighSurrogate(text[MostMessageCharacters - 1]) ? MostMessageCharacters - 1 : MostMessageCharacters)] + "...";
    }

    private static string? Header(PipelineResponse response, string name) => response.Headers.TryGetValue(name, out var value) ? value : null;

    private static async Task<byte[]> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        var buffer = new byte[16384];
        while (await stream.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            if (body.Length + read > MostAnswerBytes)
                throw new CaptionFailedException($"the answer is longer than {MostAnswerBytes >> 20} MiB and was not read further: set --max-tokens.") { EndsRunAfter = ServerFault.ManyRows };
            body.Write(buffer, 0, read);
        }

        return body.ToArray();
    }

    /// <summary>The package insists on a key, which a server that asks for none may refuse.</summary>
    private sealed class NoKey : PipelinePolicy
    {
        public override void Process(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex)
        {
            message.Request.Headers.Remove("Authorization");
            ProcessNext(message, pipeline, currentIndex);
        }

        public override ValueTask ProcessAsync(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex)
        {
            message.Request.Headers.Remove("Authorization");
            return ProcessNextAsync(message, pipeline, currentIndex);
        }
    }
}
