using System.Text;
using System.Text.Json;

namespace Score.Cli.Annotation;

/// <summary>What a server's refusal means for the row, for a next try and for the other rows.</summary>
internal static class ServerFault
{
    /// <summary>Rows in succession after which the endpoint itself is at fault, where each was tried again in vain.</summary>
    public const int ManyRows = 10;

    /// <summary>The same where the server cannot be reached, or refuses whoever asks whatever is asked.</summary>
    public const int FewRows = 3;

    /// <param name="status">The HTTP status, or what stands for it in the answer.</param>
    /// <param name="body">The answer; undefined where it is no JSON.</param>
    /// <param name="what">How the fault came, for the message.</param>
    public static CaptionFailedException Of(int status, JsonElement body, string what)
    {
        var error = ChatAnswer.Member(body, "error");
        var said = ChatAnswer.Text(error) ?? ChatAnswer.Text(ChatAnswer.Member(error, "message")) ?? ChatAnswer.Text(ChatAnswer.Member(body, "message"))
            ?? ChatAnswer.Text(ChatAnswer.Member(body, "detail")) ?? ChatAnswer.Text(body) ?? (body.ValueKind == JsonValueKind.Undefined ? "" : body.GetRawText());
        var kind = (ChatAnswer.Text(ChatAnswer.Member(error, "code")) ?? "") + " " + (ChatAnswer.Text(ChatAnswer.Member(error, "type")) ?? "");
        var message = said.Length > 0 ? $"{what}: {said}" : $"{what}.";
        if (status == 402 || kind.Contains("insufficient_quota", StringComparison.Ordinal) || kind.Contains("model_not_found", StringComparison.Ordinal))
            return new CaptionFailedException(message) { EndsRunAfter = FewRows };
        return status switch
        {
            401 => new CaptionFailedException(message) { EndsRunAfter = 1 },
            (>= 300 and < 400) or 403 or 404 or 405 or 407 or 410 or 501 => new CaptionFailedException(message) { EndsRunAfter = FewRows },
            408 or 425 or 429 or >= 500 => new CaptionFailedException(message) { IsTransient = true, EndsRunAfter = ManyRows },
            _ => new CaptionFailedException(message),
        };
    }

    /// <summary>An answer of bytes as JSON; its text as a JSON string where it is none.</summary>
    public static JsonElement ReadBody(ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty)
            return default;
        try
        {
            var reader = new Utf8JsonReader(body);
            return JsonElement.ParseValue(ref reader);
        }
        catch (JsonException)
        {
            return JsonSerializer.SerializeToElement(Encoding.UTF8.GetString(body));
        }
    }
}
