using System.Globalization;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Tokens;

/// <summary>
/// When the time steps of a video are shown, for prompts that name the times (Qwen3-VL's, and LLaVA-Video's time instruction). Steps may be
/// unevenly spaced, so a grid's seconds per step do not tell it. Immutable.
/// </summary>
public sealed class StepTimes
{
    /// <param name="seconds">
    /// Seconds from the start of the video to each time step, at least one, not descending and finite; not copied, so it must not change
    /// afterwards.
    /// </param>
    /// <param name="videoSeconds">Length of the video in seconds, not negative and finite.</param>
    /// <exception cref="ArgumentException">There is no time step, a time is out of order, or a time is negative or not finite.</exception>
    public StepTimes(IReadOnlyList<double> seconds, double videoSeconds)
    {
        ArgumentNullException.ThrowIfNull(seconds);
        if (seconds.Count == 0)
            throw new ArgumentException("There must be at least one time step.", nameof(seconds));
        var previous = 0.0;
        for (var i = 0; i < seconds.Count; i++)
        {
            if (!(seconds[i] >= previous) || !double.IsFinite(seconds[i]))
                throw new ArgumentException(
                    $"Times must not descend and must be finite, from 0 on; got {seconds[i]} after {previous} at step {i}.", nameof(seconds));
            previous = seconds[i];
        }

        if (!(videoSeconds >= 0) || !double.IsFinite(videoSeconds))
            throw new ArgumentOutOfRangeException(nameof(videoSeconds), videoSeconds, "The length of a video must be finite and not negative.");

        Seconds = seconds;
        VideoSeconds = videoSeconds;
    }

    /// <summary>Seconds from the start of the video to each time step.</summary>
    public IReadOnlyList<double> Seconds { get; }

    /// <summary>Length of the video in seconds.</summary>
    public double VideoSeconds { get; }

    /// <summary>Whether two videos are shown at the same times, or of both it is not known.</summary>
    internal static bool AreEqual(StepTimes? one, StepTimes? other) =>
        ReferenceEquals(one, other) || one is not null && other is not null && one.VideoSeconds.Equals(other.VideoSeconds) && one.Seconds.SequenceEqual(other.Seconds);

    /// <summary>The times as metadata of a file has them: the seconds of each step, then the length of the video, separated by commas.</summary>
    internal string ToMetadata() => string.Join(',', Seconds.Append(VideoSeconds).Select(seconds => seconds.ToString("R", CultureInfo.InvariantCulture)));

    /// <summary>What <see cref="ToMetadata"/> wrote.</summary>
    /// <param name="text">The text.</param>
    /// <param name="grid">Whose steps they are.</param>
    /// <param name="source">The key and the file, for the message.</param>
    /// <exception cref="InvalidDataException">These are no times of the grid.</exception>
    internal static StepTimes FromMetadata(string text, TokenGrid grid, string source)
    {
        var seconds = Array.ConvertAll(text.Split(','), item => double.TryParse(item, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : double.NaN);
        try
        {
            return seconds.Length == grid.TimeSteps + 1 ? new StepTimes(seconds[..^1], seconds[^1]) : throw new ArgumentException(
                $"there are {seconds.Length} numbers.");
        }
        catch (ArgumentException exception)
        {
            throw new InvalidDataException(
                $"{source} must hold the seconds of its {grid.TimeSteps} time steps, "
                + $"not descending, and the length of the video, got '{Excerpt.Of(text)}'.", exception);
        }
    }

    internal static StepTimes? ThrowIfNotOf(TokenGrid grid, StepTimes? times, string name) => times is null || times.Seconds.Count == grid.TimeSteps
        ? times
        : throw new ArgumentException($"A grid of {grid} tokens has {grid.TimeSteps} time steps, got {times.Seconds.Count} times.", name);
}
