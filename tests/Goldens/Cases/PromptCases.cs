using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML.Score.Models.LlavaVideo;
using Microsoft.ML.Score.Models.Qwen2;
using Microsoft.ML.Score.Text;

namespace Microsoft.ML.Score.Goldens;

/// <summary>
/// Golden prompts of both models: qwen25vl_chat.json with rendered conversations, llava_video.json with conversations and the
/// frames and times that its sampling rule gives. Ids need the golden tokenizer, in the folder or in "tokenizer" beside it.
/// </summary>
internal static class PromptCases
{
    private const string QwenFile = "qwen25vl_chat.json", LlavaFile = "llava_video.json", VideoPlaceholder = "<image>";

    public static bool AreIn(string folder) => File.Exists(Path.Combine(folder, QwenFile)) || File.Exists(Path.Combine(folder, LlavaFile));

    public static IEnumerable<VerificationRow> Verify(string folder)
    {
        var name = new DirectoryInfo(folder).Name;
        var tokenizers = new[] { folder, Path.Combine(folder, "..", "tokenizer") }.FirstOrDefault(TokenizerCases.HoldsTokenizer);
        if (File.Exists(Path.Combine(folder, QwenFile)))
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, QwenFile)));
            foreach (var row in VerifyQwen(document.RootElement, $"{name}/qwen25vl_chat", tokenizers is null ? null : TokenizerCases.Load(tokenizers, "qwen2_5_vl")))
                yield return row;
        }

        if (File.Exists(Path.Combine(folder, LlavaFile)))
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, LlavaFile)));
            foreach (var row in VerifyLlava(document.RootElement, $"{name}/llava_video", tokenizers is null ? null : TokenizerCases.Load(tokenizers, "qwen2_llava_video")))
                yield return row;
        }
    }

    private static IEnumerable<VerificationRow> VerifyQwen(JsonElement file, string name, Tokenizer? tokenizer)
    {
        foreach (var (index, golden) in file.GetProperty("cases").EnumerateArray().Index())
        {
            var row = $"{name}/{golden.GetProperty("name").GetString()}[{index}]";
            var text = QwenChatTemplate.Render(Messages(golden), golden.GetProperty("add_generation_prompt").GetBoolean(), golden.GetProperty("add_vision_id").GetBoolean());
            yield return VerificationRow.Exactly(row, "text", [golden.GetProperty("text").GetString()!], [text]);
            yield return Ids(row, tokenizer, golden.GetProperty("ids_unexpanded"), () => tokenizer!.Encode(text));
        }

        if (file.TryGetProperty("expanded_example", out var expanded))
        {
            // Its base is named by a case, and a remark.
            var baseName = expanded.GetProperty("base").GetString()!.Split(' ')[0];
            var golden = file.GetProperty("cases").EnumerateArray().First(golden => golden.GetProperty("name").GetString() == baseName);
            var pads = string.Concat(Enumerable.Repeat(QwenChatTemplate.VideoPad, expanded.GetProperty("num_video_tokens").GetInt32()));
            var text = QwenChatTemplate.Render(Messages(golden), addGenerationPrompt: true).Replace(QwenChatTemplate.VideoPad, pads, StringComparison.Ordinal);
            yield return Ids($"{name}/expanded", tokenizer, expanded.GetProperty("ids"), () => tokenizer!.Encode(text));
        }
    }

    internal static ChatMessage[] Messages(JsonElement golden) => [.. golden.GetProperty("messages").EnumerateArray().Select(Message)];

    private static ChatMessage Message(JsonElement message)
    {
        var content = message.GetProperty("content");
        return new ChatMessage(message.GetProperty("role").GetString()!, content.ValueKind == JsonValueKind.String
            ? [new ChatPart(ChatPartKind.Text, content.GetString()!)]
            : [.. content.EnumerateArray().Select(Part)]);
    }

    private static ChatPart Part(JsonElement part) => part.GetProperty("type").GetString() switch
    {
        "image" => new ChatPart(ChatPartKind.Image),
        "video" => new ChatPart(ChatPartKind.Video),
        _ => new ChatPart(ChatPartKind.Text, part.GetProperty("text").GetString()!),
    };

    private static IEnumerable<VerificationRow> VerifyLlava(JsonElement file, string name, Tokenizer? tokenizer)
    {
        foreach (var (index, golden) in file.GetProperty("frame_sampling").EnumerateArray().Index())
        {
            var rule = new LlavaFrameSampling { MaxFrames = golden.GetProperty("max_frames").GetInt32(), ForceSample = golden.GetProperty("force_sample").GetBoolean() };
            var frames = rule.Select(golden.GetProperty("total_frames").GetInt32(), golden.GetProperty("avg_fps").GetDouble());
            var row = $"{name}/frame_sampling[{index}]";
            yield return VerificationRow.Exactly(row, "frame_idx", Integers(golden.GetProperty("frame_idx")), frames.Indices);
            yield return VerificationRow.Exactly(row, "frame_time", [golden.GetProperty("frame_time").GetString()!], [LlavaVideoPrompt.FrameTimes(frames.Seconds)]);
            yield return VerificationRow.Exactly(row, "video_time", [golden.GetProperty("video_time").GetDouble()], [frames.VideoSeconds]);
        }

        var placeholder = file.GetProperty("image_token_index").GetInt32();
        foreach (var golden in file.GetProperty("prompts").EnumerateArray())
        {
            var row = $"{name}/{golden.GetProperty("name").GetString()}";
            var after = AfterVideo(golden.GetProperty("question").GetString()!)
                + (golden.TryGetProperty("answer", out var answer) && answer.GetString() is { } target ? $"{target}{LlavaVideoPrompt.EndOfTurn}\n" : "");
            yield return VerificationRow.Exactly(row, "prompt", [golden.GetProperty("prompt").GetString()!], [LlavaVideoPrompt.BeforeVideo + VideoPlaceholder + after]);
            yield return Ids(row, tokenizer, golden.GetProperty("ids"), () => [.. tokenizer!.Encode(LlavaVideoPrompt.BeforeVideo), placeholder, .. tokenizer.Encode(after)]);
        }
    }

    // The golden question is the finished user turn: take it apart, its time instruction into numbers, and build it again.
    private static string AfterVideo(string turn)
    {
        var rest = turn.StartsWith(VideoPlaceholder, StringComparison.Ordinal) ? turn[VideoPlaceholder.Length..] : turn;
        var newLine = rest.StartsWith('\n');
        var lines = (newLine ? rest[1..] : rest).Split('\n', 2);
        if (!lines[0].StartsWith("The video lasts for ", StringComparison.Ordinal) || lines.Length < 2)
            return LlavaVideoPrompt.AfterVideo(string.Join('\n', lines), null, newLine);

        double[] numbers = [.. Regex.Matches(lines[0], @"\d+\.\d+").Select(number => double.Parse(number.Value, CultureInfo.InvariantCulture))];
        return LlavaVideoPrompt.AfterVideo(lines[1], LlavaVideoPrompt.TimeInstruction(numbers[0], numbers[1..]), newLine);
    }

    internal static VerificationRow Ids(string name, Tokenizer? tokenizer, JsonElement expected, Func<int[]> encode) => tokenizer is null
        ? VerificationRow.Compare(name, "ids without a tokenizer", double.PositiveInfinity, 0)
        : VerificationRow.Exactly(name, "ids", Integers(expected), encode());

    private static int[] Integers(JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetInt32())];
}
