using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net.Http.Headers;
using OpenAI;
using OpenAI.Chat;

namespace Microsoft.ML.Score.Cli.Annotation;

/// <summary>A caption as a teacher model gave it.</summary>
/// <param name="Text">The caption.</param>
/// <param name="Usage">Tokens counted by the server; null where it tells none.</param>
internal sealed record TeacherCaption(string Text, TokenUsage? Usage);

/// <summary>What a request cost.</summary>
internal sealed record TokenUsage(int PromptTokens, int CompletionTokens);

/// <summary>Asks a teacher model behind an OpenAI-compatible endpoint, one try a call. Safe for concurrent use.</summary>
internal sealed class CaptionService
{
    private const int MostMessageCharacters = 300;

    private readonly ChatClient _client;
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
        (_apiKey, _timeout, _time) = (apiKey, timeout, time);

        // Tries again and times out nowhere but here and in Retry, where the rate limit counts every try.
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
        var question = new UserChatMessage(
            [.. images.Select(image => ChatMessageContentPart.CreateImagePart(BinaryData.FromBytes(image), "image/jpeg")), ChatMessageContentPart.CreateTextPart(prompt)]);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_timeout);
        try
        {
            return Read(await _client.CompleteChatAsync([question], cancellationToken: patience.Token));
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
            // What the client throws for an answer that is no chat completion depends on what is wrong with it.
            throw new CaptionFailedException($"the answer is not understood: {OneLine(exception)}", isTransient: true, inner: exception);
        }
    }

    private static TeacherCaption Read(ChatCompletion completion)
    {
        if (completion.FinishReason is ChatFinishReason.Length or ChatFinishReason.ContentFilter || completion.Refusal is not null)
            throw new CaptionFailedException($"the answer ended with {completion.FinishReason}{(completion.Refusal is { } refusal ? $": {refusal}" : "")}.", isTransient: false);
        var text = string.Concat(completion.Content.Select(part => part.Text)).Trim();
        return text.Length == 0
            ? throw new CaptionFailedException("the answer is empty.", isTransient: true)
            : new TeacherCaption(text, completion.Usage is { } usage ? new TokenUsage(usage.InputTokenCount, usage.OutputTokenCount) : null);
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
}
