namespace Microsoft.ML.Score.Video;

/// <summary>Reading the frames of a clip that is not trusted to be what it says: users write their own.</summary>
internal static class FrameReading
{
    /// <summary>The frames at the given indices, [height, width, 3] each.</summary>
    /// <exception cref="InvalidDataException">The clip gives fewer frames than asked for, or one of another size than it says.</exception>
    public static IEnumerable<ReadOnlyMemory<byte>> ReadChecked(VideoClip clip, IReadOnlyList<int> frameIndices, CancellationToken cancellationToken)
    {
        var count = 0;
        foreach (var frame in clip.ReadFrames(frameIndices, cancellationToken))
        {
            if (frame.Length != (long)clip.Height * clip.Width * 3)
                throw new InvalidDataException(
                    $"A frame of {clip.Height}x{clip.Width} RGB pixels has {(long)clip.Height * clip.Width * 3} bytes; the clip gave {frame.Length}.");
            count++;
            yield return frame;
        }

        if (count < frameIndices.Count)
            throw new InvalidDataException($"The clip gave {count} frames of {frameIndices.Count} asked for.");
    }
}
