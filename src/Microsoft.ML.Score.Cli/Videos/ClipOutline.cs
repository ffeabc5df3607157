using Microsoft.ML.Score.Video;

namespace Score.Cli.Videos;

/// <summary>A video that is not there, by its length and size: for what follows from them alone.</summary>
internal sealed class ClipOutline : VideoClip
{
    /// <exception cref="ArgumentException">The clip has more frames than can be counted.</exception>
    public ClipOutline(double seconds, double framesPerSecond, int height, int width)
    {
        var frames = Math.Max(1, Math.Round(seconds * framesPerSecond));
        FrameCount = frames <= int.MaxValue
            ? (int)frames
            : throw new ArgumentException($"A clip of {seconds} seconds at {framesPerSecond} frames a second has more than {int.MaxValue} frames.", nameof(seconds));
        FramesPerSecond = framesPerSecond;
        Height = height;
        Width = width;
    }

    public override int FrameCount { get; }

    public override int Height { get; }

    public override int Width { get; }

    public override double FramesPerSecond { get; }

    public override IEnumerable<ReadOnlyMemory<byte>> ReadFrames(IReadOnlyList<int> frameIndices, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("An outlined clip has no frames.");
}
