using System.Globalization;

namespace Microsoft.ML.Score.Models.Qwen3VL;

/// <summary>The times of a video's steps, which Qwen3-VL's prompt names in words.</summary>
internal static class Timestamps
{
    /// <summary>Seconds from the start of the video to the middle of each step: the mean of its first and last frame, in double and in this order.</summary>
    /// <param name="frameIndices">The sampled frames, a whole number of steps.</param>
    /// <param name="framesPerSecond">The video's own rate.</param>
    /// <param name="framesPerStep">Frames of a step.</param>
    public static double[] Of(IReadOnlyList<int> frameIndices, double framesPerSecond, int framesPerStep) =>
    [
        .. Enumerable.Range(0, frameIndices.Count / framesPerStep).Select(step =>
            (frameIndices[step * framesPerStep] / framesPerSecond + frameIndices[(step + 1) * framesPerStep - 1] / framesPerSecond) / 2),
    ];

    /// <summary>"&lt;0.2 seconds&gt;": one digit, of the exact binary value, ties to even, as Python has it. Other ways to round in .NET do not agree.</summary>
    public static string Text(double seconds) => $"<{seconds.ToString("F1", CultureInfo.InvariantCulture)} seconds>";
}
