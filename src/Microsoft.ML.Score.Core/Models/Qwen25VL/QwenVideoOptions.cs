using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Models;

/// <summary>
/// Which frames Qwen2.5-VL and Qwen3-VL sample from a video and how large they reach the encoder, as qwen-vl-utils' options of the names given
/// do. What is null follows the checkpoint's files, and else qwen-vl-utils. Under Qwen3-VL's own rules (<see cref="Qwen3VLFrameRules.HuggingFace"/>)
/// the bounds of pixels are those of all sampled frames together, and a number of frames may be odd and beyond those of the video.
/// </summary>
public sealed record QwenVideoOptions
{
    private static readonly JsonSerializerOptions s_json = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault };

    /// <summary>Sampled frames a second of video (fps), positive. Default null: 2.</summary>
    public double? FramesPerSecond { get; init; }

    /// <summary>
    /// A fixed number of frames (nframes) in place of the rate, at least 1, rounded to an even number; shorter videos are refused. Default
    /// null: by the rate. Not together with <see cref="FramesPerSecond"/>.
    /// </summary>
    public int? FrameCount { get; init; }

    /// <summary>Fewest frames (min_frames), at least 1, unless the video has fewer. Default null: 4.</summary>
    public int? MinFrames { get; init; }

    /// <summary>Most frames (max_frames), at least 2. Default null: 768.</summary>
    public int? MaxFrames { get; init; }

    /// <summary>
    /// Least pixels of a frame or still image (min_pixels), positive. Default null: 100,352 for a frame, preprocessor_config.json's for a
    /// still image.
    /// </summary>
    public double? MinPixels { get; init; }

    /// <summary>
    /// Most pixels of a frame or still image (max_pixels), at least <see cref="MinPixels"/>. Default null: 602,112 for a frame, less where
    /// many share the budget of their video, which a larger value does not raise; preprocessor_config.json's for a still image.
    /// </summary>
    public double? MaxPixels { get; init; }

    /// <summary>
    /// Wanted height of a frame in pixels (resized_height), rounded to whole tokens, in place of the pixel budget; together with
    /// <see cref="ResizedWidth"/>.
    /// </summary>
    public int? ResizedHeight { get; init; }

    /// <summary>Wanted width of a frame (resized_width); see <see cref="ResizedHeight"/>.</summary>
    public int? ResizedWidth { get; init; }

    /// <summary>How the frames of a video are resized. Default <see cref="FrameResampler.Torchvision"/>.</summary>
    public FrameResampler Resampler { get; init; } = FrameResampler.Torchvision;

    /// <summary>What differs from the defaults, as text; empty for none.</summary>
    internal string Describe() => this == new QwenVideoOptions() ? "" : JsonSerializer.Serialize(this, s_json);

    /// <summary>Every setting out of range, each in a few words.</summary>
    internal OptionFaults Faults() => new OptionFaults(nameof(QwenVideoOptions))
        .Require(FramesPerSecond is not { } rate || (rate > 0 && double.IsFinite(rate)), FramesPerSecond, "be positive and finite")
        .Require(FramesPerSecond is null || FrameCount is null, $"{nameof(FramesPerSecond)} and {nameof(FrameCount)} exclude each other, got {FramesPerSecond} and {FrameCount}")
        .Require(
            !(FrameCount < 1 || MinFrames < 1 || MaxFrames < 2 || MaxFrames < MinFrames),
            $"{nameof(FrameCount)} and {nameof(MinFrames)} must be at least 1, {nameof(MaxFrames)} at least 2 and {nameof(MinFrames)}, got {FrameCount}, {MinFrames} and {MaxFrames}")
        .Require(
            (MinPixels ?? 1) > 0 && (MaxPixels ?? double.MaxValue) >= (MinPixels ?? 1) && !double.IsInfinity(MaxPixels ?? 1),
            $"{nameof(MinPixels)} and {nameof(MaxPixels)} must be positive and finite, the least first, got {MinPixels} and {MaxPixels}")
        .Require(
            (ResizedHeight is null) == (ResizedWidth is null) && !(ResizedHeight < 1 || ResizedWidth < 1),
            $"{nameof(ResizedHeight)} and {nameof(ResizedWidth)} go together and must be at least 1, got {ResizedHeight} and {ResizedWidth}")
        .Require(Enum.IsDefined(Resampler), Resampler, $"be one of {string.Join(", ", Enum.GetNames<FrameResampler>())}");
}
