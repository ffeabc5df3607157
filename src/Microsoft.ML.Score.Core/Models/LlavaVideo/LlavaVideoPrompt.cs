using System.Globalization;

namespace Microsoft.ML.Score.Models.LlavaVideo;

/// <summary>
/// LLaVA-Video's prompt, the conversation template <c>qwen_1_5</c> of LLaVA-NeXT with one user turn that starts with the video.
/// The visual tokens stand between <see cref="BeforeVideo"/> and <see cref="AfterVideo"/>; the two texts are tokenised separately.
/// </summary>
internal static class LlavaVideoPrompt
{
    /// <summary>Ends each turn; a target answer closes with it.</summary>
    public const string EndOfTurn = "<|im_end|>";

    /// <summary>The prompt up to the first visual token.</summary>
    public const string BeforeVideo = "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n";

    /// <summary>The prompt from behind the last visual token to where the answer begins.</summary>
    /// <param name="question">The question.</param>
    /// <param name="timeInstruction">What <see cref="TimeInstruction"/> gives; null for none, the default of lmms-eval.</param>
    /// <param name="newLineAfterVideo">Whether a line break follows the video, as in training; LLaVA-NeXT's documentation leaves it out.</param>
    public static string AfterVideo(string question, string? timeInstruction = null, bool newLineAfterVideo = true) =>
        $"{(newLineAfterVideo ? "\n" : "")}{(timeInstruction is null ? "" : timeInstruction + "\n")}{question}<|im_end|>\n<|im_start|>assistant\n";

    /// <summary>Tells the model when the frames were taken.</summary>
    /// <param name="videoSeconds">Length of the video in seconds.</param>
    /// <param name="frameSeconds">Time of each frame in seconds.</param>
    public static string TimeInstruction(double videoSeconds, IReadOnlyList<double> frameSeconds) =>
        $"The video lasts for {Seconds(videoSeconds)} seconds, and {frameSeconds.Count.ToString(CultureInfo.InvariantCulture)} frames are uniformly sampled from it. "
        + $"These frames are located at {FrameTimes(frameSeconds)}.Please answer the following questions related to this video.";

    /// <summary>"0.00s,0.50s,1.00s".</summary>
    public static string FrameTimes(IReadOnlyList<double> seconds) => string.Join(',', seconds.Select(time => Seconds(time) + "s"));

    // Python's :.2f rounds the exact value of the double, and exact ties to even: 0.125 gives 0.12, where .NET's F2 gives 0.13.
    // A tie needs a fraction of odd eighths; all other values round alike.
    private static string Seconds(double value)
    {
        var eighths = value * 8;
        var rounded = eighths == Math.Floor(eighths) && eighths % 2 != 0 ? Math.Round(value * 100, MidpointRounding.ToEven) / 100 : value;
        return rounded.ToString("F2", CultureInfo.InvariantCulture);
    }
}
