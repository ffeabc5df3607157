namespace Microsoft.ML.Score.Text;

/// <summary>
/// Qwen2.5-VL's chat template for one user turn of a video and a question, the default system turn before it and the opening
/// of the answer after it. The visual tokens stand between <see cref="BeforeVideo"/> and <see cref="AfterVideo"/>.
/// </summary>
internal static class QwenChatTemplate
{
    /// <summary>Ends each turn; a target answer closes with it.</summary>
    public const string EndOfTurn = "<|im_end|>";

    /// <summary>Stands in for one visual token of a video.</summary>
    public const string VideoPad = "<|video_pad|>";

    /// <summary>The prompt up to the first visual token.</summary>
    public const string BeforeVideo = "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n<|vision_start|>";

    /// <summary>The prompt from behind the last visual token to where the answer begins.</summary>
    public static string AfterVideo(string question) => $"<|vision_end|>{question}<|im_end|>\n<|im_start|>assistant\n";
}
