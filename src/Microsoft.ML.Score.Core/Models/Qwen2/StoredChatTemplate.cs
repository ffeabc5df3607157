using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Models.Qwen2;

/// <summary>
/// The chat template that a Qwen2.5-VL or Qwen3-VL checkpoint brings. It is compared and not run: <see cref="QwenChatTemplate"/> is what the prompt is made
/// by, so that one which says something else is to be told to the user.
/// </summary>
/// <param name="File">The file that holds it; of several the one that transformers takes.</param>
/// <param name="IsReleased">Whether it is that of the released models, which <see cref="QwenChatTemplate"/> follows.</param>
internal sealed record StoredChatTemplate(string File, bool IsReleased)
{
    // SHA-256 of the text, without white space at its ends and with lines that end in \n; of Qwen3-VL's Instruct models, for Thinking ones have another.
    private const string ReleasedQwen25 = "a0bc6f6fc7a29a80017a433e8f03a1cc1236e838a944a2d034295a60c4f2fddb";
    private const string ReleasedQwen3 = "9d879ef91075acbfb2df7e441fd79d60bacfca989cf6d511d2af45c681e94f10";

    private const string Key = "chat_template";

    /// <summary>The template of a checkpoint; null where no file holds one.</summary>
    /// <param name="files">The checkpoint.</param>
    /// <param name="isQwen3">Whether it is one of Qwen3-VL.</param>
    public static StoredChatTemplate? Find(CheckpointFiles files, bool isQwen3 = false)
    {
        foreach (var file in (string[])["chat_template.jinja", "chat_template.json", "processor_config.json", "tokenizer_config.json"])
            if (files.Exists(file) && TextOf(files, file) is { } text)
                return new(file, HashOf(text) == (isQwen3 ? ReleasedQwen3 : ReleasedQwen25));
        return null;
    }

    /// <summary>What to tell the user, as a sentence; null where the template is the released one, or there is none.</summary>
    public static string? Difference(CheckpointFiles files, bool isQwen3 = false) => Find(files, isQwen3) is { IsReleased: false, File: var file }
        ? $"The chat template '{file}' in {files.Description} is not that of the released {(isQwen3 ? "Qwen3-VL Instruct" : "Qwen2.5-VL")}; the released one is used, so prompts may differ from those that the checkpoint was tuned with."
        : null;

    private static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\n").Trim())));

    // One text, or several with names, of which "default" is that of a conversation. A file that cannot be read holds none that is known.
    private static string? TextOf(CheckpointFiles files, string file)
    {
        try
        {
            var bytes = files.ReadAllBytes(file);
            if (file.EndsWith(".jinja", StringComparison.Ordinal))
                return Encoding.UTF8.GetString(bytes);
            using var document = JsonDocument.Parse(bytes);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty(Key, out var template))
                return null;
            return template.ValueKind switch
            {
                JsonValueKind.Null => null,
                JsonValueKind.String => template.GetString(),
                JsonValueKind.Array => template.EnumerateArray().Where(item => TextOf(item, "name") == "default").Select(item => TextOf(item, "template")).FirstOrDefault(),
                JsonValueKind.Object => TextOf(template, "default"),
                _ => "",
            };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or InvalidDataException)
        {
            return "";
        }
    }

    private static string? TextOf(JsonElement item, string key) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty(key, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
}
