using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Models.Qwen25VL;

/// <summary>
/// What the processor files of a Qwen2-VL or Qwen2.5-VL checkpoint say about frames (<see cref="ProcessorJson"/>). Keys that
/// are absent take the processor's class defaults; pixel counts scale with the token's side, <see cref="Factor"/> (28 in the released models).
/// </summary>
internal sealed record QwenProcessorConfig
{
    /// <summary>Side of a patch in pixels.</summary>
    public int PatchSize { get; init; } = 14;

    /// <summary>Frames of a time step.</summary>
    public int TemporalPatchSize { get; init; } = 2;

    /// <summary>Patches along the side of a token.</summary>
    public int MergeSize { get; init; } = 2;

    /// <summary>Mean of each channel of values in 0..1.</summary>
    public IReadOnlyList<float> ImageMean { get; init; } = [0.48145466f, 0.4578275f, 0.40821073f];

    /// <summary>Standard deviation of each channel of values in 0..1.</summary>
    public IReadOnlyList<float> ImageStd { get; init; } = [0.26862954f, 0.26130258f, 0.27577711f];

    /// <summary>The image processor's least pixels; null for 4 tokens.</summary>
    public double? MinPixels { get; init; }

    /// <summary>The image processor's most pixels; null for 1280 tokens.</summary>
    public double? MaxPixels { get; init; }

    /// <summary>Least pixels of a video frame; null for 128 tokens.</summary>
    public double? FrameMinPixels { get; init; }

    /// <summary>Most pixels of a video frame; it only lowers the budget of <see cref="FrameBudget"/>.</summary>
    public double? FrameMaxPixels { get; init; }

    /// <summary>Least pixels of a still image; null for <see cref="MinPixels"/>.</summary>
    public double? StillMinPixels { get; init; }

    /// <summary>Most pixels of a still image; null for <see cref="MaxPixels"/>.</summary>
    public double? StillMaxPixels { get; init; }

    /// <summary>A wanted size of frames in pixels in place of the budget; null for the budget.</summary>
    public (int Height, int Width)? Resized { get; init; }

    /// <summary>How the frames of a video are resized; still images always with Pillow's filter.</summary>
    public FrameResampler Resampler { get; init; } = FrameResampler.Torchvision;

    /// <summary>The rule of frame choice.</summary>
    public FrameSampling Sampling { get; init; } = new();

    /// <summary>Side of a token in pixels.</summary>
    public int Factor => PatchSize * MergeSize;

    private double TokenPixels => (double)Factor * Factor;

    private double ImageMinPixels => MinPixels ?? 4 * TokenPixels;

    private double ImageMaxPixels => MaxPixels ?? 1280 * TokenPixels;

    /// <param name="files">The checkpoint's files.</param>
    /// <param name="defaults">What the processor's class has where a key is absent; null for Qwen2-VL's.</param>
    /// <exception cref="InvalidDataException">A file is malformed, asks for something that is not supported, or contradicts another.</exception>
    public static QwenProcessorConfig Load(CheckpointFiles files, QwenProcessorConfig? defaults = null)
    {
        var (image, video) = ProcessorJson.Read(files);
        defaults ??= new QwenProcessorConfig();
        var config = defaults with
        {
            PatchSize = video.PatchSize ?? image.PatchSize ?? defaults.PatchSize,
            TemporalPatchSize = video.TemporalPatchSize ?? image.TemporalPatchSize ?? defaults.TemporalPatchSize,
            MergeSize = video.MergeSize ?? image.MergeSize ?? defaults.MergeSize,
            ImageMean = video.ImageMean ?? image.ImageMean ?? defaults.ImageMean,
            ImageStd = video.ImageStd ?? image.ImageStd ?? defaults.ImageStd,
            MinPixels = image.MinPixels,
            MaxPixels = image.MaxPixels,
        };
        // Bounds above the cap are the image processor's, which newer versions save here too; they are no budget for frames.
        if (video.MaxPixels <= 768 * config.TokenPixels)
            config = config with { FrameMinPixels = video.MinPixels, FrameMaxPixels = video.MaxPixels };
        config = config with
        {
            Sampling = new FrameSampling
            {
                FramesPerSecond = video.Fps ?? defaults.Sampling.FramesPerSecond,
                MinFrames = video.MinFrames ?? defaults.Sampling.MinFrames,
                MaxFrames = video.MaxFrames ?? defaults.Sampling.MaxFrames,
                Factor = config.TemporalPatchSize,
            },
        };
        config.ThrowIfInvalid(files.Description);
        return config;
    }

    /// <exception cref="InvalidDataException">The patches are not those that the vision tower takes.</exception>
    public void ThrowIfNotOf(int patchSize, int temporalPatchSize, int mergeSize, CheckpointFiles files)
    {
        if ((PatchSize, TemporalPatchSize, MergeSize) != (patchSize, temporalPatchSize, mergeSize))
            throw new InvalidDataException(
                $"In {files.Description} the frame processor has patch, temporal patch and merge size {PatchSize}, {TemporalPatchSize}, {MergeSize}, where no file names one the original class's; "
                + $"config.json has {patchSize}, {temporalPatchSize}, {mergeSize}. Take the processor's files of the same checkpoint.");
    }

    /// <summary>qwen-vl-utils' bounds on the pixels of a frame when <paramref name="frameCount"/> of them share the budget of one video.</summary>
    public (double MinPixels, double MaxPixels) FrameBudget(int frameCount)
    {
        var least = FrameMinPixels ?? 128 * TokenPixels;
        var share = 128_000 * TokenPixels * 0.9 / frameCount * TemporalPatchSize;
        var most = Math.Max(Math.Min(768 * TokenPixels, share), Math.Floor(least * 1.05));
        return (least, Math.Min(FrameMaxPixels ?? most, most));
    }

    /// <summary>This configuration with what the user wants otherwise.</summary>
    public QwenProcessorConfig With(QwenVideoOptions options) => this with
    {
        StillMinPixels = options.MinPixels ?? StillMinPixels,
        StillMaxPixels = options.MaxPixels ?? StillMaxPixels,
        FrameMinPixels = options.MinPixels ?? FrameMinPixels,
        FrameMaxPixels = options.MaxPixels ?? FrameMaxPixels,
        Resized = options is { ResizedHeight: { } height, ResizedWidth: { } width } ? (height, width) : Resized,
        Resampler = options.Resampler,
        Sampling = Sampling with
        {
            FramesPerSecond = options.FramesPerSecond ?? Sampling.FramesPerSecond,
            FrameCount = options.FrameCount ?? Sampling.FrameCount,
            MinFrames = options.MinFrames ?? Sampling.MinFrames,
            MaxFrames = options.MaxFrames ?? Sampling.MaxFrames,
        },
    };

    /// <summary>Tells these settings from others: 8 hexadecimal digits of a SHA-256 over all of them.</summary>
    public string Fingerprint() => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(this)).AsSpan(0, 4));

    /// <summary>The size of a video's frame after resizing: by its budget, then by the image processor's own bounds, which rarely change it.</summary>
    public ((int Height, int Width) Budgeted, (int Height, int Width) Final) FrameSize(int height, int width, int frameCount)
    {
        var (least, most) = FrameBudget(frameCount);
        var budgeted = WantedSize() ?? Fit(height, width, least, most);
        return (budgeted, SmartResize.FitAsTransformers(budgeted.Height, budgeted.Width, Factor, ImageMinPixels, ImageMaxPixels));
    }

    /// <summary>The size of a still image after resizing, by the image processor's bounds.</summary>
    public (int Height, int Width) StillSize(int height, int width) =>
        WantedSize() ?? Fit(height, width, StillMinPixels ?? ImageMinPixels, StillMaxPixels ?? ImageMaxPixels);

    /// <summary>The size that is wanted, by smart_resize within its own default bounds, 4 to 16384 tokens; null where none is.</summary>
    public (int Height, int Width)? WantedSize() =>
        Resized is { } wanted ? Fit(wanted.Height, wanted.Width, 4 * TokenPixels, 16384 * TokenPixels) : null;

    // Every side has a token at least, where the original leaves a very narrow frame no side at all.
    private (int Height, int Width) Fit(int height, int width, double minPixels, double maxPixels)
    {
        var size = SmartResize.Fit(height, width, Factor, minPixels, maxPixels);
        return (Math.Max(Factor, size.Height), Math.Max(Factor, size.Width));
    }

    private void ThrowIfInvalid(string source)
    {
        if (PatchSize is < 1 or > 1024 || TemporalPatchSize is < 1 or > 64 || MergeSize is < 1 or > 64)
            throw new InvalidDataException(
                $"The processor of {source} has patch_size {PatchSize}, "
                + $"temporal_patch_size {TemporalPatchSize} and merge_size {MergeSize}; expected small positive numbers.");
        if (ImageMean.Count != 3 || ImageStd.Count != 3 || !ImageMean.All(float.IsFinite) || ImageStd.Any(deviation => !(deviation > 0)))
            throw new InvalidDataException(
                $"The processor of {source} needs image_mean and image_std of three channels, the latter positive; "
                + $"got [{string.Join(", ", ImageMean)}] and [{string.Join(", ", ImageStd)}].");
        if (MinPixels < 1 || MaxPixels < (MinPixels ?? 1) || FrameMinPixels < 1 || FrameMaxPixels < (FrameMinPixels ?? 1))
            throw new InvalidDataException(
                $"The processor of {source} has min_pixels {MinPixels} and max_pixels {MaxPixels}, "
                + $"for video {FrameMinPixels} and {FrameMaxPixels}; expected positive numbers, the least first.");
        if (!(Sampling.FramesPerSecond > 0) || Sampling.MinFrames < 1 || Sampling.MaxFrames < TemporalPatchSize)
            throw new InvalidDataException(
                $"The processor of {source} has fps {Sampling.FramesPerSecond}, min_frames {Sampling.MinFrames} and max_frames {Sampling.MaxFrames}; "
                + $"expected a positive rate and at least the {TemporalPatchSize} frames of a time step.");
    }
}
