namespace Microsoft.ML.Score.Video;

/// <summary>A video whose frames are in memory. Immutable; safe to share between threads.</summary>
public sealed class FrameClip : VideoClip
{
    private readonly ReadOnlyMemory<byte> _rgb;

    /// <param name="rgb">
    /// Frames, row-major [frameCount, height, width, 3], one byte a channel in the order red, green, blue; not copied, so it must not
    /// change afterwards.
    /// </param>
    /// <param name="frameCount">Number of frames, at least 1.</param>
    /// <param name="height">Frame height in pixels, at least 1.</param>
    /// <param name="width">Frame width in pixels, at least 1.</param>
    /// <param name="framesPerSecond">Frames a second, positive and finite.</param>
    /// <exception cref="ArgumentException">The number of bytes is not frameCount*height*width*3.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1, or the frame rate is not positive and finite.</exception>
    public FrameClip(ReadOnlyMemory<byte> rgb, int frameCount, int height, int width, double framesPerSecond)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(frameCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        if (!(framesPerSecond > 0) || !double.IsFinite(framesPerSecond))
            throw new ArgumentOutOfRangeException(nameof(framesPerSecond), framesPerSecond, "Frames a second must be positive and finite.");
        if ((Int128)frameCount * height * width * 3 != rgb.Length)
            throw new ArgumentException(
                $"{frameCount} frames of {height}x{width} RGB pixels need {(Int128)frameCount * height * width * 3} bytes, got {rgb.Length}.", nameof(rgb));

        _rgb = rgb;
        FrameCount = frameCount;
        Height = height;
        Width = width;
        FramesPerSecond = framesPerSecond;
    }

    /// <inheritdoc/>
    public override int FrameCount { get; }

    /// <inheritdoc/>
    public override int Height { get; }

    /// <inheritdoc/>
    public override int Width { get; }

    /// <inheritdoc/>
    public override double FramesPerSecond { get; }

    /// <summary>The frames at the given indices, each [height, width, 3] RGB bytes. Here the memory stays valid.</summary>
    /// <inheritdoc/>
    public override IEnumerable<ReadOnlyMemory<byte>> ReadFrames(IReadOnlyList<int> frameIndices, CancellationToken cancellationToken = default)
    {
        ThrowIfNotFrameIndices(frameIndices);

        return Read();

        IEnumerable<ReadOnlyMemory<byte>> Read()
        {
            var frameLength = Height * Width * 3;
            foreach (var index in frameIndices)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return _rgb.Slice(index * frameLength, frameLength);
            }
        }
    }
}
