namespace Microsoft.ML.Score.Models.LlavaVideo;

/// <summary>
/// Which frames of a video LLaVA-Video sees: the rule of load_video in LLaVA-NeXT's guide to the model (LLaVA-VL/LLaVA-NeXT, docs/LLaVA_Video_1003.md).
/// </summary>
internal sealed record LlavaFrameSampling
{
    /// <summary>Sampled frames a second of video, where <see cref="ForceSample"/> is off.</summary>
    public double FramesPerSecond { get; init; } = 1.0;

    /// <summary>Most frames (frames_upbound); just as many with <see cref="ForceSample"/>.</summary>
    public int MaxFrames { get; init; } = 64;

    /// <summary>Always <see cref="MaxFrames"/> evenly spaced frames, as the released model was trained; those of a shorter video repeat.</summary>
    public bool ForceSample { get; init; } = true;

    /// <summary>The sampled frames.</summary>
    /// <param name="totalFrames">Frames of the video, at least 1.</param>
    /// <param name="framesPerSecond">Native rate of the video.</param>
    public LlavaFrames Select(int totalFrames, double framesPerSecond)
    {
        var videoSeconds = totalFrames / framesPerSecond;
        // A rate above the video's own rounds to no step at all, at which the original fails; here it takes every frame.
        var step = Math.Max(1, Math.Round(framesPerSecond / FramesPerSecond));
        var count = Math.Ceiling(totalFrames / step);
        if (ForceSample || count > MaxFrames)
        {
            var indices = EvenlySpaced(totalFrames, MaxFrames);
            return new LlavaFrames(indices, Array.ConvertAll(indices, index => index / framesPerSecond), videoSeconds);
        }

        // Seconds by the rounded step, not by the rate: at 29.97 frames a second, frame 30 counts as second 1.
        int[] stepped = [.. Enumerable.Range(0, (int)count).Select(i => (int)(i * step))];
        return new LlavaFrames(stepped, Array.ConvertAll(stepped, index => index / step), videoSeconds);
    }

    // numpy.linspace(0, total - 1, count, dtype=int): float64, truncated, the last one exact.
    private static int[] EvenlySpaced(int totalFrames, int count)
    {
        double end = totalFrames - 1;
        var step = count == 1 ? 0.0 : end / (count - 1);
        return [.. Enumerable.Range(0, count).Select(i => i > 0 && i == count - 1 ? totalFrames - 1 : (int)(i * step))];
    }
}

/// <summary>The frames that LLaVA-Video sees, and what its time instruction tells of them.</summary>
/// <param name="Indices">Ascending indices of the frames; one may repeat.</param>
/// <param name="Seconds">When each of them is shown, by the original's arithmetic.</param>
/// <param name="VideoSeconds">The video's length.</param>
internal sealed record LlavaFrames(int[] Indices, double[] Seconds, double VideoSeconds);
