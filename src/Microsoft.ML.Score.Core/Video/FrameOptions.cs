namespace Microsoft.ML.Score.Video;

/// <summary>
/// Which frames a model samples from a video and how large they reach its encoder, by the names of qwen-vl-utils. What is null
/// follows the checkpoint's files and else the defaults of the model's original processor, given here.
/// </summary>
public sealed record FrameOptions
{
    /// <summary>Sampled frames a second of video (fps), positive. Null: 2 for Qwen2.5-VL; LLaVA-Video takes 64 frames of any video, and frames at this rate only where it is given.</summary>
    public double? FramesPerSecond { get; init; }

    /// <summary>A fixed number of frames (nframes) in place of the rate, at least 1; Qwen2.5-VL rounds it to an even number and refuses shorter videos. Not together with <see cref="FramesPerSecond"/>.</summary>
    public int? FrameCount { get; init; }

    /// <summary>Fewest frames (min_frames), at least 1. Null: 4 for Qwen2.5-VL. LLaVA-Video has no such bound.</summary>
    public int? MinFrames { get; init; }

    /// <summary>Most frames (max_frames), at least 2. Null: 768 for Qwen2.5-VL, 64 for LLaVA-Video.</summary>
    public int? MaxFrames { get; init; }

    /// <summary>Least pixels of a frame or still image (min_pixels), positive. Null for Qwen2.5-VL: 100,352 for a frame, for a still image what preprocessor_config.json says. LLaVA-Video's frames have one size.</summary>
    public double? MinPixels { get; init; }

    /// <summary>Most pixels of a frame or still image (max_pixels), at least <see cref="MinPixels"/>. For a frame it only lowers Qwen2.5-VL's budget: 602,112 pixels, less where many frames share that of the video. LLaVA-Video's frames have one size.</summary>
    public double? MaxPixels { get; init; }

    /// <summary>Wanted height of a frame in pixels (resized_height), rounded to whole tokens, in place of the pixel budget; together with <see cref="ResizedWidth"/>.</summary>
    public int? ResizedHeight { get; init; }

    /// <summary>Wanted width of a frame (resized_width); see <see cref="ResizedHeight"/>.</summary>
    public int? ResizedWidth { get; init; }

    /// <summary>How the frames of a video are resized. Default <see cref="FrameResampler.Torchvision"/>.</summary>
    public FrameResampler Resampler { get; init; } = FrameResampler.Torchvision;

    /// <exception cref="ArgumentException">A value is out of range; the message lists all that are.</exception>
    internal void ThrowIfFaulty(string parameterName)
    {
        var faults = new List<string>();
        if (FramesPerSecond is { } rate && !(rate > 0 && double.IsFinite(rate)))
            faults.Add($"{nameof(FramesPerSecond)} must be positive and finite, got {rate}");
        if (FramesPerSecond is not null && FrameCount is not null)
            faults.Add($"{nameof(FramesPerSecond)} and {nameof(FrameCount)} exclude each other");
        if (FrameCount < 1 || MinFrames < 1 || MaxFrames < 2 || MaxFrames < MinFrames)
            faults.Add($"{nameof(FrameCount)} and {nameof(MinFrames)} must be at least 1, {nameof(MaxFrames)} at least 2 and {nameof(MinFrames)}; got {FrameCount}, {MinFrames} and {MaxFrames}");
        if (!((MinPixels ?? 1) > 0) || !((MaxPixels ?? double.MaxValue) >= (MinPixels ?? 1)) || double.IsInfinity(MaxPixels ?? 1))
            faults.Add($"{nameof(MinPixels)} and {nameof(MaxPixels)} must be positive and finite, the least first; got {MinPixels} and {MaxPixels}");
        if ((ResizedHeight is null) != (ResizedWidth is null) || ResizedHeight < 1 || ResizedWidth < 1)
            faults.Add($"{nameof(ResizedHeight)} and {nameof(ResizedWidth)} go together and must be at least 1, got {ResizedHeight} and {ResizedWidth}");
        if (!Enum.IsDefined(Resampler))
            faults.Add($"{nameof(Resampler)} is not one of {string.Join(", ", Enum.GetNames<FrameResampler>())}");
        if (faults.Count > 0)
            throw new ArgumentException($"Invalid {nameof(FrameOptions)}: {string.Join("; ", faults)}.", parameterName);
    }
}
