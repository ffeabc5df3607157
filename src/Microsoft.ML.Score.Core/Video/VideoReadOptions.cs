using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Video;

/// <summary>How video files are read: limits that a file which is damaged, hostile or on a dead network folder cannot pass.</summary>
public sealed class VideoReadOptions
{
    /// <summary>
    /// The longest time to wait for FFmpeg's next sign of progress, positive; <see cref="Timeout.InfiniteTimeSpan"/> waits for ever. Frames
    /// that are decoded but not asked for are progress too, so a long video does not need more. Default 1 minute.
    /// </summary>
    public TimeSpan ProgressTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The most pixels of a frame, at least 1; a larger one is refused before it is decoded. Default 178,956,970, twice what Pillow warns of
    /// and as much as it opens.
    /// </summary>
    public long MaxPixels { get; init; } = 178_956_970;

    /// <summary>
    /// Told, in one sentence with their number, of the frames of a file that do not decode and are left out, when the file is opened; on the
    /// thread that opens it. Default null: only <see cref="VideoFile.Warning"/> has it.
    /// </summary>
    public Action<string>? Warn { get; init; }

    internal void ThrowIfFaulty(string parameterName) => Faults().ThrowIfAny(parameterName);

    /// <summary>Every setting out of range.</summary>
    public OptionFaults Faults() => new OptionFaults(nameof(VideoReadOptions))
        .Require(
            ProgressTimeout == Timeout.InfiniteTimeSpan || (ProgressTimeout > TimeSpan.Zero && ProgressTimeout.TotalMilliseconds <= int.MaxValue),
            ProgressTimeout, $"be above 0 and at most {TimeSpan.FromMilliseconds(int.MaxValue)}, or infinite")
        .Require(MaxPixels >= 1 && MaxPixels <= Array.MaxLength / 3, MaxPixels, $"be from 1 to {Array.MaxLength / 3}");
}
