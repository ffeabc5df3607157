using System.Text.Json;
using Microsoft.ML.Score.Models.Qwen2;
using Microsoft.ML.Score.Models.Qwen3VL;
using Microsoft.ML.Score.Text;

namespace Microsoft.ML.Score.Goldens;

/// <summary>
/// Golden prompts of Qwen3-VL: qwen3vl_chat.json with rendered conversations and some that are expanded to time steps and tokens; and its added
/// tokens, special_tokens_qwen3_vl.json, with the ids of timestamps. The merges are those of Qwen2's golden tokenizer.
/// </summary>
internal static class Qwen3PromptCases
{
    private const string FileName = "qwen3vl_chat.json", TokensFile = "special_tokens_qwen3_vl.json", TokensKey = "qwen3_vl";

    // What stands for a pad in the expanded texts.
    private const string VideoSign = "\u2402", ImageSign = "\u2403";

    public static bool AreIn(string folder) => File.Exists(Path.Combine(folder, FileName));

    public static bool TokensAreIn(string folder) => File.Exists(Path.Combine(folder, TokensFile));

    public static IEnumerable<VerificationRow> Verify(string folder)
    {
        var name = $"{new DirectoryInfo(folder).Name}/qwen3vl_chat";
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, FileName)));
        var tokenizer = TokenizerOf(Path.Combine(folder, "..", "tokenizer"));
        foreach (var (index, golden) in document.RootElement.GetProperty("cases").EnumerateArray().Index())
        {
            var row = $"{name}/{golden.GetProperty("name").GetString()}[{index}]";
            var text = Qwen3VLPrompt.Render(PromptCases.Messages(golden), golden.GetProperty("add_generation_prompt").GetBoolean(), golden.GetProperty("add_vision_id").GetBoolean());
            yield return VerificationRow.Exactly(row, "text", [golden.GetProperty("text").GetString()!], [text]);
            yield return PromptCases.Ids(row, tokenizer, golden.GetProperty("ids_unexpanded"), () => tokenizer!.Encode(text));
        }

        foreach (var golden in document.RootElement.GetProperty("expansions").EnumerateArray())
            foreach (var row in VerifyExpansion(golden, $"{name}/{golden.GetProperty("name").GetString()}", tokenizer))
                yield return row;
    }

    public static IEnumerable<VerificationRow> VerifyTokens(string folder)
    {
        var name = $"{new DirectoryInfo(folder).Name}/{Path.GetFileNameWithoutExtension(TokensFile)}";
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, TokensFile)));
        var tokenizer = TokenizerOf(folder);
        foreach (var example in document.RootElement.GetProperty("examples").EnumerateObject())
            yield return PromptCases.Ids($"{name}/{example.Name}", tokenizer, example.Value, () => tokenizer!.Encode(example.Name));
        foreach (var token in document.RootElement.GetProperty(TokensKey).EnumerateObject())
            if (tokenizer is not null)
                yield return VerificationRow.Exactly($"{name}/{token.Name}", "id", [token.Value.GetInt32()], tokenizer.Encode(token.Name));
    }

    private static IEnumerable<VerificationRow> VerifyExpansion(JsonElement golden, string name, Tokenizer? tokenizer)
    {
        var rendered = Qwen3VLPrompt.Render(PromptCases.Messages(golden), addGenerationPrompt: true);
        yield return VerificationRow.Exactly(name, "prompt", [golden.GetProperty("prompt").GetString()!], [rendered]);
        var videos = Grids(golden, "video_grids");
        double[][] times = videos.Length == 0 ? [] : [.. golden.GetProperty("video_metadata").EnumerateArray().Select(TimesOf)];
        // Steps and images in the order of the conversation.
        var (nextVideo, nextImage, images) = (0, 0, Grids(golden, "image_grids"));
        int[] tokens = [.. PromptCases.Messages(golden).SelectMany(message => message.Content).SelectMany(part => part.Kind switch
        {
            ChatPartKind.Video => Enumerable.Repeat(Tokens(videos[nextVideo]), videos[nextVideo++][0]),
            ChatPartKind.Image => [Tokens(images[nextImage++])],
            _ => Enumerable.Empty<int>(),
        })];

        var text = Qwen3VLPrompt.WithSteps(rendered, times, outerMarkers: false);
        yield return VerificationRow.Exactly(name, "expanded_text", [golden.GetProperty("expanded_text").GetString()!], [Multiplied(text, tokens)]);
        yield return PromptCases.Ids(name, tokenizer, golden.GetProperty("ids"), () => Ids(text));
        if (golden.TryGetProperty("ids_outer_markers_5_10_by_rule", out var outer))
            yield return PromptCases.Ids($"{name} (outer markers)", tokenizer, outer, () => Ids(Qwen3VLPrompt.WithSteps(rendered, times, outerMarkers: true)));

        int[] Ids(string text)
        {
            int[] pads = [tokenizer!.Encode(QwenChatTemplate.ImagePad)[0], tokenizer.Encode(QwenChatTemplate.VideoPad)[0]];
            return Qwen3VLPrompt.Ids(tokenizer, text, pads.Contains, tokens);
        }
    }

    private static string Multiplied(string text, int[] tokens)
    {
        var next = 0;
        var pieces = text.Replace(QwenChatTemplate.VideoPad, VideoSign, StringComparison.Ordinal).Replace(QwenChatTemplate.ImagePad, ImageSign, StringComparison.Ordinal)
            .Select(sign => sign == VideoSign[0] || sign == ImageSign[0] ? new string(sign, tokens[next++]) : $"{sign}");
        return string.Concat(pieces);
    }

    private static double[] TimesOf(JsonElement video)
    {
        int[] indices = [.. video.GetProperty("frames_indices").EnumerateArray().Select(index => index.GetInt32())];
        return Timestamps.Of(indices.Length % 2 == 0 ? indices : [.. indices, indices[^1]], video.GetProperty("fps").GetDouble(), 2);
    }

    private static int Tokens(int[] grid) => grid[1] * grid[2] / 4;

    private static int[][] Grids(JsonElement golden, string key) => golden.GetProperty(key) is { ValueKind: JsonValueKind.Array } grids
        ? [.. grids.EnumerateArray().Select(grid => grid.EnumerateArray().Select(size => size.GetInt32()).ToArray())]
        : [];

    /// <summary>The tokenizer beside the cases; what is not there is taken from the repository's own goldens, which are the same.</summary>
    private static Tokenizer? TokenizerOf(string folder)
    {
        var tokens = TokensAreIn(folder) ? folder : RepositoryFolder.Golden("qwen3vl", "tokenizer");
        var merges = new[] { Path.Combine(folder, "..", "..", "models", "tokenizer"), RepositoryFolder.Golden("models", "tokenizer") }.FirstOrDefault(TokenizerCases.HoldsTokenizer);
        return merges is not null && TokensAreIn(tokens) ? TokenizerCases.Load(merges, TokensKey, Path.Combine(tokens, TokensFile)) : null;
    }
}
