namespace Microsoft.ML.Score.Models.Qwen25VL;

/// <summary>
/// Which frames of a video the model sees, by qwen-vl-utils' rule: evenly spaced, <see cref="FramesPerSecond"/> of them a second within
/// bounds.
/// </summary>
internal sealed record FrameSampling
{
    /// <summary>Sampled frames a second of video.</summary>
    public double FramesPerSecond { get; init; } = 2.0;

    /// <summary>Fewest frames to sample, unless the video has fewer; rounded up to the factor.</summary>
    public int MinFrames { get; init; } = 4;

    /// <summary>Most frames to sample; rounded down to the factor.</summary>
    public int MaxFrames { get; init; } = 768;

    /// <summary>A fixed number of frames, rounded to the factor, in place of the rate; null for the rate.</summary>
    public int? FrameCount { get; init; }

    /// <summary>The number of sampled frames is a multiple of this: the frames of a time step (temporal_patch_size).</summary>
    public int Factor { get; init; } = 2;

    /// <summary>The indices of the sampled frames, ascending, and their rate in frames a second of video.</summary>
    /// <param name="totalFrames">Frames of the video.</param>
    /// <param name="framesPerSecond">Native rate of the video.</param>
    /// <exception cref="ArgumentException">The video has fewer frames than a time step or than <see cref="FrameCount"/> asks for.</exception>
    public (int[] Indices, double FramesPerSecond) Select(int totalFrames, double framesPerSecond)
    {
        var count = FrameCount is { } fixedCount
            ? (long)Math.Round((double)fixedCount / Factor) * Factor
            : CountAtRate(totalFrames, framesPerSecond);
        if (count < Factor || count > totalFrames)
            throw new ArgumentException($"Cannot sample {count} frames of a video of {totalFrames}: expected {Factor} to {totalFrames}.", nameof(totalFrames));

        return (EvenlySpaced(totalFrames, (int)count), count / (double)totalFrames * framesPerSecond);
    }

    private long CountAtRate(int totalFrames, double framesPerSecond)
    {
        var minFrames = Math.Ceiling(MinFrames / (double)Factor) * Factor;
        var maxFrames = Math.Floor(Math.Min(MaxFrames, totalFrames) / (double)Factor) * Factor;
        var count = totalFrames / framesPerSecond * FramesPerSecond;
        count = Math.Min(Math.Min(Math.Max(count, minFrames), maxFrames), totalFrames);
        return (long)Math.Floor(count / Factor) * Factor;
    }

    // torch.linspace(0, total - 1, count).round(): float32, counted from the nearer end.
    private static int[] EvenlySpaced(int totalFrames, int count)
    {
        if (count == 1)
            return [0];
        float end = totalFrames - 1;
        var step = end / (count - 1);
        var indices = new int[count];
        for (var i = 0; i < count; i++)
            indices[i] = (int)MathF.Round(i < count / 2 ? step * i : end - step * (count - 1 - i));
        return indices;
    }
}
