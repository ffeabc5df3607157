using System.Globalization;
using System.Text.Json;
using Microsoft.ML.Score.Training;

namespace Score.Cli.Annotation;

/// <summary>What a request cost.</summary>
internal sealed record TokenUsage(long PromptTokens, long CompletionTokens);

/// <summary>
/// Reads a chat completion. Only what is needed is read, because servers differ in the rest: reasons to finish that OpenAI does not have or no reason,
/// texts in parts, thoughts beside or within the text, errors under a status of success.
/// </summary>
internal static class ChatAnswer
{
    /// <summary>Tokens counted by the server; null where it tells none.</summary>
    public static TokenUsage? Usage(JsonElement answer)
    {
        return Count("prompt_tokens") is { } prompt && Count("completion_tokens") is { } completion ? new TokenUsage(prompt, completion) : null;

        int? Count(string name) => Member(Member(answer, "usage"), name) is { ValueKind: JsonValueKind.Number } count && count.TryGetInt32(out var tokens) && tokens >= 0 ? tokens : null;
    }

    /// <summary>The caption of the first choice.</summary>
    /// <exception cref="CaptionFailedException">There is none, or not a whole one.</exception>
    /// <exception cref="JsonException">It is no chat completion.</exception>
    /// <exception cref="InvalidOperationException">A text in it is no Unicode.</exception>
    public static string Caption(JsonElement answer)
    {
        ThrowIfError(answer);
        var choice = Member(answer, "choices") is { ValueKind: JsonValueKind.Array } choices ? choices.EnumerateArray().FirstOrDefault() : default;
        ThrowIfError(choice);
        if (Member(choice, "message") is not { ValueKind: JsonValueKind.Object } message)
            throw new JsonException("it has no choice with a message.");
        if (Text(Member(message, "refusal")) is { Length: > 0 } refusal)
            throw new CaptionFailedException($"the model refuses: {refusal}");
        ThrowIfCutOff(Text(Member(choice, "finish_reason")) ?? "");
        var caption = SpokenText.Of(Spoken(Member(message, "content")));
        if (caption.Length == 0)
            throw new CaptionFailedException("the answer is empty.") { IsTransient = true, EndsRunAfter = ServerFault.ManyRows };
        return caption.Length <= TrainingRow.MostCaptionCharacters ? caption
            : throw new CaptionFailedException($"the answer has {caption.Length} characters, expected a caption of at most {TrainingRow.MostCaptionCharacters}: set --max-tokens.");
    }

    /// <summary>A member of an object; undefined where there is none.</summary>
    public static JsonElement Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) ? member : default;

    /// <summary>A text; null where it is something else.</summary>
    public static string? Text(JsonElement element) => element.ValueKind == JsonValueKind.String ? element.GetString() : null;

    /// <summary>Parts that hold thoughts, images or calls of tools are passed over.</summary>
    private static string Spoken(JsonElement content) => content.ValueKind == JsonValueKind.Array
        ? string.Concat(content.EnumerateArray().Select(part => Text(part) ?? (IsSpoken(part) ? Text(Member(part, "text")) : null)))
        : Text(content) ?? "";

    private static bool IsSpoken(JsonElement part) => (Text(Member(part, "type")) ?? "text") is "text" or "output_text" && Member(part, "thought").ValueKind != JsonValueKind.True;

    private static void ThrowIfError(JsonElement element)
    {
        var error = Member(element, "error");
        if (error.ValueKind == JsonValueKind.Object || Text(error) is { Length: > 0 } || Text(Member(element, "object")) == "error")
            throw ServerFault.Of(Status(Member(error, "code")) ?? Status(Member(error, "status")) ?? Status(Member(element, "code")) ?? 500, element, "an answer of status 200 that holds an error");
    }

    private static int? Status(JsonElement code) => code.ValueKind switch
    {
        JsonValueKind.Number when code.TryGetInt32(out var number) && number is >= 400 and < 600 => number,
        JsonValueKind.String when int.TryParse(code.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 400 and < 600 => number,
        _ => null,
    };

    /// <summary>Reasons are told by what they have in common, because every server has its own words.</summary>
    private static void ThrowIfCutOff(string reason)
    {
        var word = reason.ToLowerInvariant();
        if (word.Contains("length", StringComparison.Ordinal) || word.Contains("max_", StringComparison.Ordinal))
            throw new CaptionFailedException($"the answer was cut off (finish_reason {reason}): raise --max-tokens or the server's limit.");
        if (word.Contains("filter", StringComparison.Ordinal) || word is "safety" or "recitation" or "blocklist" or "prohibited_content" or "spii")
            throw new CaptionFailedException($"the server withholds the answer (finish_reason {reason}).");
        if (word is "error" or "abort" or "aborted" or "cancelled" or "canceled")
            throw new CaptionFailedException($"the server broke off the answer (finish_reason {reason}).") { IsTransient = true, EndsRunAfter = ServerFault.ManyRows };
    }
}
