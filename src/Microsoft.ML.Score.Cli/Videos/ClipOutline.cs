using System.Globalization;
using Microsoft.ML.Score.Video;

namespace Score.Cli.Videos;

/// <summary>A video that is not there, by its length and size: for what follows from them alone.</summary>
internal sealed class ClipOutline : VideoClip
{
    /// <exception cref="ArgumentException">The clip has more frames than can be counted.</exception>
    public ClipOutline(double seconds, double framesPerSecond, int height, int width)
    {
        if (FaultOf(seconds, framesPerSecond) is { } fault)
            throw new ArgumentException(fault, nameof(seconds));
        FrameCount = (int)Frames(seconds, framesPerSecond);
        FramesPerSecond = framesPerSecond;
        Height = height;
        Width = width;
    }

    /// <summary>Why there can be no such clip; null where there can.</summary>
    public static string? FaultOf(double seconds, double framesPerSecond) => Frames(seconds, framesPerSecond) <= int.MaxValue
        ? null
        : string.Create(CultureInfo.InvariantCulture, $"a clip of {seconds} seconds at {framesPerSecond} frames a second has more than {int.MaxValue} frames; make it shorter.");

    public override int FrameCount { get; }

    public override int Height { get; }

    public override int Width { get; }

    public override double FramesPerSecond { get; }

    public override IEnumerable<ReadOnlyMemory<byte>> ReadFrames(IReadOnlyList<int> frameIndices, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("An outlined clip has no frames.");

    private static double Frames(double seconds, double framesPerSecond) => Math.Max(1, Math.Round(seconds * framesPerSecond));
}
