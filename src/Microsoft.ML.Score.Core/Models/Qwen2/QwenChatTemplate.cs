using System.Globalization;
using System.Text;

namespace Microsoft.ML.Score.Models.Qwen2;

/// <summary>
/// The chat template of Qwen2.5-VL and of Qwen3-VL, in full by <see cref="Render"/>. A prompt of one video and one question to Qwen2.5-VL also
/// comes in two texts, <see cref="BeforeVideo"/> and <see cref="AfterVideo"/>, with the visual tokens between them.
/// </summary>
internal static class QwenChatTemplate
{
    /// <summary>Ends each turn; a target answer closes with it.</summary>
    public const string EndOfTurn = "<|im_end|>";

    /// <summary>Stands in for one visual token of an image.</summary>
    public const string ImagePad = "<|image_pad|>";

    /// <summary>Stands in for one visual token of a video.</summary>
    public const string VideoPad = "<|video_pad|>";

    /// <summary>The prompt up to the first visual token.</summary>
    public const string BeforeVideo = DefaultSystemTurn + StartOfTurn + "user\n" + VisionStart;

    private const string StartOfTurn = "<|im_start|>";

    /// <summary>Precedes visual tokens.</summary>
    public const string VisionStart = "<|vision_start|>";

    /// <summary>Follows visual tokens.</summary>
    public const string VisionEnd = "<|vision_end|>";

    private const string DefaultSystemTurn = StartOfTurn + "system\nYou are a helpful assistant." + EndOfTurn + "\n";
    private const string StartOfAnswer = StartOfTurn + "assistant\n";

    /// <summary>The prompt from behind the last visual token to where the answer begins.</summary>
    public static string AfterVideo(string question) => $"{VisionEnd}{question}{EndOfTurn}\n{StartOfAnswer}";

    /// <summary>
    /// The text of a conversation, with one <see cref="ImagePad"/> or <see cref="VideoPad"/> for each image or video, however many tokens
    /// it has.
    /// </summary>
    /// <param name="messages">The turns.</param>
    /// <param name="addGenerationPrompt">Opens the answer.</param>
    /// <param name="addVisionId">Numbers images and videos, each kind from 1 through all turns.</param>
    /// <param name="defaultSystemTurn">Whether a default system turn stands in for one that is not there: in Qwen2.5-VL, not in Qwen3-VL.</param>
    public static string Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, bool addVisionId = false, bool defaultSystemTurn = true)
    {
        var text = new StringBuilder();
        var (images, videos) = (0, 0);
        if (defaultSystemTurn && messages.Count > 0 && messages[0].Role != "system")
            text.Append(DefaultSystemTurn);
        foreach (var message in messages)
        {
            text.Append(CultureInfo.InvariantCulture, $"{StartOfTurn}{message.Role}\n");
            foreach (var part in message.Content)
                _ = part.Kind switch
                {
                    ChatPartKind.Image => AppendVisual("Picture", ++images, ImagePad),
                    ChatPartKind.Video => AppendVisual("Video", ++videos, VideoPad),
                    _ => text.Append(part.Text),
                };
            text.Append(EndOfTurn).Append('\n');
        }

        return text.Append(addGenerationPrompt ? StartOfAnswer : "").ToString();

        StringBuilder AppendVisual(string name, int number, string pad) =>
            text.Append(CultureInfo.InvariantCulture, $"{(addVisionId ? $"{name} {number}: " : "")}{VisionStart}{pad}{VisionEnd}");
    }
}

/// <summary>One turn of a conversation.</summary>
/// <param name="Role">"system", "user" or "assistant".</param>
/// <param name="Content">Texts, images and videos in order.</param>
internal sealed record ChatMessage(string Role, IReadOnlyList<ChatPart> Content);

/// <summary>A text, or the place of an image or video.</summary>
internal sealed record ChatPart(ChatPartKind Kind, string Text = "");

internal enum ChatPartKind
{
    Text,
    Image,
    Video,
}
