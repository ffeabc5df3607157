namespace Microsoft.ML.Score.Video;

/// <summary>
/// A video as a source of RGB frames, read in one forward pass. Frames are read on demand and never all held. The implementations here may
/// be shared between threads, each with a reading of its own.
/// </summary>
public abstract class VideoClip
{
    /// <summary>Number of frames, at least 1.</summary>
    public abstract int FrameCount { get; }

    /// <summary>Frame height in pixels.</summary>
    public abstract int Height { get; }

    /// <summary>Frame width in pixels.</summary>
    public abstract int Width { get; }

    /// <summary>Frames a second, positive and finite.</summary>
    public abstract double FramesPerSecond { get; }

    /// <summary>
    /// Whether this is a still image: a clip of one frame, which has no duration, so that its frame rate means nothing. Models treat it by
    /// their rule for images.
    /// </summary>
    public bool IsStill => FrameCount == 1;

    /// <summary>The frames at the given indices, each [height, width, 3] RGB bytes. The memory of one frame is valid until the next is asked for.</summary>
    /// <param name="frameIndices">Ascending indices from 0 to <see cref="FrameCount"/> - 1; an index may repeat.</param>
    /// <param name="cancellationToken">Stops between frames.</param>
    /// <exception cref="ArgumentException">The indices are not ascending within 0 to <see cref="FrameCount"/> - 1.</exception>
    /// <exception cref="InvalidDataException">While enumerating: a frame cannot be decoded.</exception>
    public abstract IEnumerable<ReadOnlyMemory<byte>> ReadFrames(IReadOnlyList<int> frameIndices, CancellationToken cancellationToken = default);

    /// <summary>The clip as shown on white, where it is a picture that may let the ground through; any other clip as it is.</summary>
    internal virtual VideoClip OnWhite() => this;

    /// <summary>Every frame, [<see cref="FrameCount"/>, height, width, 3] RGB bytes, as a column of frames in memory holds them; for short clips.</summary>
    /// <exception cref="InvalidOperationException">The frames are more than one array can hold.</exception>
    /// <exception cref="InvalidDataException">A frame cannot be decoded.</exception>
    /// <example><code>byte[] rgb = SyntheticWorld.GenerateImage(SyntheticSplit.PolicyTraining, 0).Clip.ReadAllFrames();</code></example>
    public byte[] ReadAllFrames()
    {
        var frameLength = Height * Width * 3;
        if ((long)FrameCount * frameLength > Array.MaxLength)
            throw new InvalidOperationException($"{FrameCount} frames of {Height}x{Width} pixels are more than the {Array.MaxLength} bytes of an array; read them with {nameof(ReadFrames)}.");

        var rgb = new byte[FrameCount * frameLength];
        var position = 0;
        foreach (var frame in ReadFrames([.. Enumerable.Range(0, FrameCount)]))
        {
            frame.Span.CopyTo(rgb.AsSpan(position));
            position += frameLength;
        }

        return rgb;
    }

    /// <summary>The check that every implementation of <see cref="ReadFrames"/> makes before it reads.</summary>
    /// <exception cref="ArgumentException">The indices are not ascending within 0 to <see cref="FrameCount"/> - 1.</exception>
    private protected void ThrowIfNotFrameIndices(IReadOnlyList<int> frameIndices)
    {
        ArgumentNullException.ThrowIfNull(frameIndices);
        var previous = 0;
        foreach (var index in frameIndices)
        {
            if (index < previous || index >= FrameCount)
                throw new ArgumentException($"Frame indices must ascend within 0..{FrameCount - 1}; got {index} after {previous}.", nameof(frameIndices));
            previous = index;
        }
    }
}
