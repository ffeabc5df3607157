using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Models.LlavaVideo;

/// <summary>
/// From a clip to the pixels that LLaVA-Video's SigLIP tower reads: the sampled frames resized to a square without regard to their
/// shape (Pillow's bicubic filter, as the original SigLipImageProcessor) and scaled to -1..1. Reads one frame at a time.
/// </summary>
internal sealed class SiglipProcessor
{
    // (u8 / 255 - 0.5) / 0.5, the product taken in double as numpy does.
    private static readonly float[] s_normalized = [.. Enumerable.Range(0, 256).Select(value => ((float)(value * (1.0 / 255.0)) - 0.5f) / 0.5f)];

    private readonly VideoClip _clip;
    private readonly int _size;

    /// <param name="clip">The video or still image.</param>
    /// <param name="sampling">Which frames to take; a still image is one frame.</param>
    /// <param name="size">Side of the square in pixels (image_size), 384 in the released model.</param>
    public SiglipProcessor(VideoClip clip, LlavaFrameSampling sampling, int size)
    {
        _clip = clip;
        _size = size;
        Frames = clip.IsStill ? new LlavaFrames([0], [0.0], 0.0) : sampling.Select(clip.FrameCount, clip.FramesPerSecond);
    }

    /// <summary>The sampled frames and their times; of no length for a still image.</summary>
    public LlavaFrames Frames { get; }

    /// <summary>The pixels of each sampled frame, [3, size, size]. The memory of one is valid until the next is asked for.</summary>
    /// <exception cref="InvalidDataException">The clip gives fewer frames than asked for, or one of another size than it says.</exception>
    public IEnumerable<ReadOnlyMemory<float>> ReadFrames(CancellationToken cancellationToken = default)
    {
        var resampler = new PillowResampler(_clip.Height, _clip.Width, _size, _size);
        var resized = new byte[_size * _size * 3];
        var pixels = new float[3 * _size * _size];
        foreach (var frame in FrameReading.ReadChecked(_clip, Frames.Indices, cancellationToken))
        {
            resampler.Resize(frame.Span, resized);
            for (var i = 0; i < resized.Length; i++)
                pixels[i % 3 * _size * _size + i / 3] = s_normalized[resized[i]];
            yield return pixels;
        }
    }
}
