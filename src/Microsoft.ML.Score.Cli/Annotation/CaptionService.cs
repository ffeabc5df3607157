using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net.Http.Headers;
using System.Text.Encodings.Web;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;

namespace Score.Cli.Annotation;

/// <summary>A caption as a teacher model gave it.</summary>
/// <param name="Text">The caption.</param>
/// <param name="Usage">Tokens counted by the server; null where it tells none.</param>
internal sealed record TeacherCaption(string Text, TokenUsage? Usage);

/// <summary>What a request cost.</summary>
internal sealed record TokenUsage(int PromptTokens, int CompletionTokens);

/// <summary>
/// Asks a teacher model behind an OpenAI-compatible endpoint, one try a call. Of an answer only what is needed is read, because servers differ in
/// the rest: reasons to finish that OpenAI does not have, no reason, texts in parts. Safe for concurrent use.
/// </summary>
internal sealed class CaptionService
{
    private const int MostMessageCharacters = 300;

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ChatClient _client;
    private readonly string _model;
    private readonly string? _apiKey;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;

    /// <param name="endpoint">The base address, which ends in /v1 as a rule.</param>
    /// <param name="model">The model's name at the endpoint.</param>
    /// <param name="apiKey">The key; null for a server that asks for none.</param>
    /// <param name="timeout">How long an answer may take.</param>
    /// <param name="time">The clock that dates in the server's answers are compared with.</param>
    public CaptionService(Uri endpoint, string model, string? apiKey, TimeSpan timeout, TimeProvider time)
    {
        (_model, _apiKey, _timeout, _time) = (model, apiKey, timeout, time);

        // Tries again nowhere but in Annotator, where the rate limit counts every try, and times out nowhere but here.
        var options = new OpenAIClientOptions { Endpoint = endpoint, RetryPolicy = new ClientRetryPolicy(maxRetries: 0), NetworkTimeout = Timeout.InfiniteTimeSpan };
        _client = new ChatClient(model, new ApiKeyCredential(apiKey ?? "none"), options);
    }

    /// <param name="prompt">What to ask for.</param>
    /// <param name="images">JPEG images, in the order of time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CaptionFailedException">There is no caption, or not a whole one.</exception>
    /// <exception cref="InvalidOperationException">The endpoint refuses the key.</exception>
    public async Task<TeacherCaption> AskAsync(string prompt, IReadOnlyList<byte[]> images, CancellationToken cancellationToken)
    {
        object[] question =
        [
            .. images.Select(image => new { type = "image_url", image_url = new { url = $"data:image/jpeg;base64,{Convert.ToBase64String(image)}" } }),
            new { type = "text", text = prompt },
        ];
        var request = new { model = _model, messages = new[] { new { role = "user", content = question } } };
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_timeout);
        try
        {
            using var content = BinaryContent.Create(BinaryData.FromObjectAsJson(request, s_json));
            var answer = await _client.CompleteChatAsync(content, new RequestOptions { CancellationToken = patience.Token });
            return Read(answer.GetRawResponse().Content);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CaptionFailedException($"no answer within {_timeout.TotalSeconds} seconds.", isTransient: true);
        }
        catch (ClientResultException exception) when (exception.Status == 401)
        {
            throw new InvalidOperationException($"The endpoint refuses the API key: {OneLine(exception)}", exception);
        }
        catch (ClientResultException exception)
        {
            var isTransient = exception.Status is 0 or 408 or 429 or >= 500; // 0: no answer came
            throw new CaptionFailedException(OneLine(exception), isTransient, RetryAfter(exception.GetRawResponse()), exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new CaptionFailedException(OneLine(exception), isTransient: true, inner: exception);
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or CaptionFailedException))
        {
            // What is thrown for an answer that is no chat completion depends on what is wrong with it.
            throw new CaptionFailedException($"the answer is not understood: {OneLine(exception)}", isTransient: true, inner: exception);
        }
    }

    private static TeacherCaption Read(BinaryData body)
    {
        if (body.ToObjectFromJson<Completion>(s_json) is not { Choices: [{ Message: { } message } choice, ..] } completion)
            throw new JsonException("it has no choice with a message.");
        if (choice.FinishReason is "length" or "content_filter" || message.Refusal is { Length: > 0 })
            throw new CaptionFailedException($"the answer ended with {choice.FinishReason}{(message.Refusal is { } refusal ? $": {refusal}" : "")}.", isTransient: false);
        var text = Text(message.Content).Trim();
        return text.Length == 0 ? throw new CaptionFailedException("the answer is empty.", isTransient: true) : new TeacherCaption(text, Usage(completion.Usage));
    }

    private static string Text(JsonElement content) => content.ValueKind switch
    {
        JsonValueKind.String => content.GetString()!,
        JsonValueKind.Array => string.Concat(content.EnumerateArray().Select(part => part.GetProperty("text").GetString())),
        _ => "",
    };

    private static TokenUsage? Usage(JsonElement usage)
    {
        return Count("prompt_tokens") is { } prompt && Count("completion_tokens") is { } completion ? new TokenUsage(prompt, completion) : null;

        int? Count(string name) => usage.ValueKind == JsonValueKind.Object && usage.TryGetProperty(name, out var count) && count.ValueKind == JsonValueKind.Number && count.TryGetInt32(out var tokens) ? tokens : null;
    }

    private TimeSpan? RetryAfter(PipelineResponse? response) =>
        response is not null && response.Headers.TryGetValue("Retry-After", out var text) && RetryConditionHeaderValue.TryParse(text, out var value)
            ? value.Delta ?? value.Date - _time.GetUtcNow()
            : null;

    // Some servers quote the key that they refuse.
    private string OneLine(Exception exception)
    {
        var text = exception.Message.ReplaceLineEndings(" ");
        if (!string.IsNullOrEmpty(_apiKey))
            text = text.Replace(_apiKey, "***", StringComparison.Ordinal);
        return text.Length <= MostMessageCharacters ? text : text[..MostMessageCharacters] + "...";
    }

    private sealed record Completion(IReadOnlyList<Choice?>? Choices, JsonElement Usage);

    private sealed record Choice(string? FinishReason, Message? Message);

    private sealed record Message(JsonElement Content, string? Refusal);
}
