using System.Text;
using Microsoft.ML.Score.Models.Qwen2;
using Microsoft.ML.Score.Text;

namespace Microsoft.ML.Score.Models.Qwen3VL;

/// <summary>
/// Qwen3-VL's prompt: of a rendered conversation each video becomes its time steps, "&lt;0.2 seconds&gt;", a marker, the step's visual tokens
/// and a marker. Visual tokens are written once a step, or once an image, and multiplied as ids.
/// </summary>
internal static class Qwen3VLPrompt
{
    private const string Video = QwenChatTemplate.VisionStart + QwenChatTemplate.VideoPad + QwenChatTemplate.VisionEnd;

    /// <summary>A conversation's text; Qwen3-VL has no default system turn.</summary>
    public static string Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, bool addVisionId = false) =>
        QwenChatTemplate.Render(messages, addGenerationPrompt, addVisionId, defaultSystemTurn: false);

    /// <summary>The text with the time steps of its videos, each with one pad.</summary>
    /// <param name="rendered">A conversation.</param>
    /// <param name="videos">The times of each video's steps, in seconds.</param>
    /// <param name="outerMarkers">Whether the template's markers stay around the steps of a video.</param>
    public static string WithSteps(string rendered, IReadOnlyList<IReadOnlyList<double>> videos, bool outerMarkers)
    {
        var parts = rendered.Split(Video);
        if (parts.Length != videos.Count + 1)
            throw new ArgumentException($"The conversation holds {parts.Length - 1} videos, the times of {videos.Count} are given.", nameof(videos));
        var text = new StringBuilder(parts[0]);
        for (var i = 0; i < videos.Count; i++)
        {
            text.Append(outerMarkers ? QwenChatTemplate.VisionStart : "");
            foreach (var seconds in videos[i])
                text.Append(Timestamps.Text(seconds)).Append(Video);
            text.Append(outerMarkers ? QwenChatTemplate.VisionEnd : "").Append(parts[i + 1]);
        }

        return text.ToString();
    }

    /// <summary>The ids of a text, each pad as many times as its step or image has tokens.</summary>
    /// <param name="tokenizer">The checkpoint's tokenizer.</param>
    /// <param name="text">With one pad for each step and image.</param>
    /// <param name="isPad">Which ids are pads.</param>
    /// <param name="tokens">Tokens of each, in order.</param>
    public static int[] Ids(Tokenizer tokenizer, string text, Func<int, bool> isPad, IReadOnlyList<int> tokens)
    {
        var (ids, pads) = (new List<int>(), 0);
        foreach (var id in tokenizer.Encode(text))
            ids.AddRange(Enumerable.Repeat(id, isPad(id) ? tokens[pads++] : 1));
        return [.. ids];
    }

    /// <summary>Where the time steps of a prompt of one video stand: timestamp, marker, visual tokens, marker.</summary>
    /// <param name="tokenizer">The checkpoint's tokenizer.</param>
    /// <param name="firstPad">The row of the first visual token.</param>
    /// <param name="tokensPerStep">Visual tokens of a step.</param>
    /// <param name="seconds">The times of the steps.</param>
    public static PromptStep[] Steps(Tokenizer tokenizer, int firstPad, int tokensPerStep, IReadOnlyList<double> seconds)
    {
        var steps = new PromptStep[seconds.Count];
        var pad = firstPad;
        for (var i = 0; i < steps.Length; i++)
        {
            var timestamp = tokenizer.Encode(Timestamps.Text(seconds[i])).Length;
            pad = i == 0 ? firstPad : steps[i - 1].End + timestamp + 1;
            steps[i] = new PromptStep(pad - 1 - timestamp, pad + tokensPerStep + 1, i * tokensPerStep, tokensPerStep);
        }

        return steps;
    }
}
