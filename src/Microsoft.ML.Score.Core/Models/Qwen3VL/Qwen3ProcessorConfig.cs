using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.ML.Score.Models.Qwen25VL;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Models.Qwen3VL;

/// <summary>
/// What the processor files of a Qwen3-VL checkpoint say about frames (<see cref="ProcessorJson"/>), and which frames of a clip are read by it
/// and how large. Keys that are absent take the defaults of the video processor's class; bounds of stills those of the released models.
/// </summary>
internal sealed record Qwen3ProcessorConfig
{
    private static readonly QwenProcessorConfig s_defaults = new() { PatchSize = 16, ImageMean = [0.5f, 0.5f, 0.5f], ImageStd = [0.5f, 0.5f, 0.5f] };

    /// <summary>Patches, normalisation and the numbers of sampling; and all of qwen-vl-utils' rules, which go by the side of a token.</summary>
    public QwenProcessorConfig Frames { get; init; } = s_defaults;

    /// <summary>Least pixels of all frames of a video.</summary>
    public double VideoMinPixels { get; init; } = 131_072;

    /// <summary>Most pixels of all frames of a video.</summary>
    public double VideoMaxPixels { get; init; } = 786_432;

    /// <summary>Least pixels of a still image.</summary>
    public double StillMinPixels { get; init; } = 65_536;

    /// <summary>Most pixels of a still image.</summary>
    public double StillMaxPixels { get; init; } = 16_777_216;

    /// <summary>Whose rules videos follow. Stills follow transformers' either way.</summary>
    public Qwen3VLFrameRules Rules { get; init; }

    /// <exception cref="InvalidDataException">A file is malformed, asks for something that is not supported, or contradicts another.</exception>
    public static Qwen3ProcessorConfig Load(CheckpointFiles files)
    {
        var (image, video) = ProcessorJson.Read(files);
        var defaults = new Qwen3ProcessorConfig();
        var config = defaults with
        {
            // qwen-vl-utils does not read the bounds of these files.
            Frames = QwenProcessorConfig.Load(files, s_defaults) with { MinPixels = null, MaxPixels = null, FrameMinPixels = null, FrameMaxPixels = null },
            VideoMinPixels = video.MinPixels ?? defaults.VideoMinPixels,
            VideoMaxPixels = video.MaxPixels ?? defaults.VideoMaxPixels,
            StillMinPixels = image.MinPixels ?? defaults.StillMinPixels,
            StillMaxPixels = image.MaxPixels ?? defaults.StillMaxPixels,
        };
        if (!(config.VideoMinPixels >= 1 && config.VideoMaxPixels >= config.VideoMinPixels && config.StillMinPixels >= 1 && config.StillMaxPixels >= config.StillMinPixels))
            throw new InvalidDataException(
                $"The processor of {files.Description} bounds the pixels of a video by {config.VideoMinPixels} and {config.VideoMaxPixels}, those of an image by "
                + $"{config.StillMinPixels} and {config.StillMaxPixels}; expected positive numbers, the least first.");
        return config;
    }

    /// <summary>This configuration with what the user wants otherwise.</summary>
    public Qwen3ProcessorConfig With(QwenVideoOptions options, Qwen3VLFrameRules rules) => this with
    {
        Frames = Frames.With(options),
        VideoMinPixels = options.MinPixels ?? VideoMinPixels,
        VideoMaxPixels = options.MaxPixels ?? VideoMaxPixels,
        StillMinPixels = options.MinPixels ?? StillMinPixels,
        StillMaxPixels = options.MaxPixels ?? StillMaxPixels,
        Rules = rules,
    };

    /// <summary>Tells these settings from others: 8 hexadecimal digits of a SHA-256 over all of them.</summary>
    public string Fingerprint() => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(this)).AsSpan(0, 4));

    /// <summary>The processor of one clip.</summary>
    /// <param name="clip">The video.</param>
    /// <param name="size">The size of the frames in whole tokens' pixels, in place of the one that the rules give.</param>
    /// <exception cref="ArgumentException">A frame is too small or too narrow, or the video has too few frames for those wanted.</exception>
    public QwenVideoProcessor ProcessorOf(VideoClip clip, (int Height, int Width)? size = null)
    {
        var plan = clip.IsStill ? StillPlan(clip) : Rules == Qwen3VLFrameRules.QwenVLUtils ? UtilsPlan(clip) : ClipPlan(clip);
        return new QwenVideoProcessor(Frames, clip, size is { } given ? plan with { Budgeted = given, Final = given } : plan);
    }

    /// <summary>The frames that the checkpoint's processor samples: evenly spaced from first to last, in double precision, half to even; maybe an odd number.</summary>
    public int[] Sample(int totalFrames, double framesPerSecond)
    {
        var sampling = Frames.Sampling;
        var count = sampling.FrameCount ?? (int)Math.Min(
            Math.Min(Math.Max(Math.Truncate(totalFrames / framesPerSecond * sampling.FramesPerSecond), sampling.MinFrames), sampling.MaxFrames), totalFrames);
        var step = count > 1 ? (totalFrames - 1.0) / (count - 1) : 0;
        return [.. Enumerable.Range(0, count).Select(i => i > 0 && i == count - 1 ? totalFrames - 1 : (int)Math.Round(i * step))];
    }

    private FramePlan StillPlan(VideoClip clip)
    {
        var size = Frames.WantedSize() ?? ClipSize.OfStill(clip.Height, clip.Width, Frames.Factor, StillMinPixels, StillMaxPixels);
        return new FramePlan([0], 1.0, size, size, ResizesBytes: true);
    }

    private FramePlan ClipPlan(VideoClip clip)
    {
        var indices = Sample(clip.FrameCount, clip.FramesPerSecond);
        var size = Frames.WantedSize()
            ?? ClipSize.OfVideo(indices.Length, clip.Height, clip.Width, Frames.Factor, Frames.TemporalPatchSize, VideoMinPixels, VideoMaxPixels);
        return new FramePlan(indices, clip.FrameCount / clip.FramesPerSecond / indices.Length * Frames.TemporalPatchSize, size, size, ResizesBytes: true);
    }

    private FramePlan UtilsPlan(VideoClip clip)
    {
        var (indices, framesPerSecond) = Frames.Sampling.Select(clip.FrameCount, clip.FramesPerSecond);
        var size = Frames.FrameSize(clip.Height, clip.Width, indices.Length).Budgeted;
        return new FramePlan(indices, Frames.TemporalPatchSize / framesPerSecond, size, size);
    }
}
