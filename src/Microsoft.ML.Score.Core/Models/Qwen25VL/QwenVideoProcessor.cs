using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Models.Qwen25VL;

/// <summary>
/// From a clip to the patches that the vision towers of the Qwen family read: a video as qwen-vl-utils and the checkpoint's
/// image processor do together, a still image as the latter does, or either as a plan says. Holds the sampling and sizes of one clip; reads
/// its frames one time step at a time.
/// </summary>
internal sealed class QwenVideoProcessor
{
    private readonly QwenProcessorConfig _config;
    private readonly VideoClip _clip;
    private readonly FramePlan _plan;
    private readonly (int Height, int Width) _final;
    private readonly PatchExtractor _patches;

    /// <param name="config">The checkpoint's parameters.</param>
    /// <param name="clip">The video; one with too few frames for a time step, a still image above all, has its last frame repeated.</param>
    /// <param name="size">The size of the frames in whole tokens' pixels, in place of the one that the rules give.</param>
    /// <exception cref="ArgumentException">
    /// One side of the frame is more than 200 times the other, or the video has too few frames for those wanted.
    /// </exception>
    public QwenVideoProcessor(QwenProcessorConfig config, VideoClip clip, (int Height, int Width)? size = null)
        : this(config, clip, Plan(config, clip.OnWhite(), size))
    {
    }

    /// <param name="config">The checkpoint's parameters; of its rules only those of patches and of the resampler are followed.</param>
    /// <param name="clip">The video.</param>
    /// <param name="plan">Which of its frames are read, and how large.</param>
    public QwenVideoProcessor(QwenProcessorConfig config, VideoClip clip, FramePlan plan)
    {
        _config = config;
        _clip = clip.OnWhite();
        _plan = plan;
        TimeSteps = (plan.Indices.Length + config.TemporalPatchSize - 1) / config.TemporalPatchSize;
        FrameIndices = [.. plan.Indices, .. Enumerable.Repeat(plan.Indices[^1], TimeSteps * config.TemporalPatchSize - plan.Indices.Length)];
        SecondsPerStep = plan.SecondsPerStep;
        (BudgetedSize, _final) = (plan.Budgeted, plan.Final);
        _patches = new PatchExtractor(config, _final.Height, _final.Width);
    }

    private static FramePlan Plan(QwenProcessorConfig config, VideoClip clip, (int Height, int Width)? size)
    {
        // What the processor takes when it is told no rate is 2 frames a second; to a still image time means nothing.
        var (indices, framesPerSecond) = clip.FrameCount < config.TemporalPatchSize
            ? ([.. Enumerable.Range(0, clip.FrameCount)], 2.0)
            : config.Sampling.Select(clip.FrameCount, clip.FramesPerSecond);
        (int, int)? oneSize = size ?? (clip.IsStill ? config.StillSize(clip.Height, clip.Width) : null);
        var (budgeted, final) = oneSize is { } only ? (only, only) : config.FrameSize(clip.Height, clip.Width, indices.Length);
        return new FramePlan(indices, clip.IsStill ? 1.0 : config.TemporalPatchSize / framesPerSecond, budgeted, final);
    }

    /// <summary>The sampled frames, a whole number of time steps.</summary>
    public IReadOnlyList<int> FrameIndices { get; }

    /// <summary>The size that frames are first resized to, within the pixel budget of the video.</summary>
    public (int Height, int Width) BudgetedSize { get; }

    /// <summary>T.</summary>
    public int TimeSteps { get; }

    /// <summary>Patch rows of a time step; merge_size of them make a token row.</summary>
    public int GridHeight => _patches.GridHeight;

    /// <summary>Patch columns of a time step.</summary>
    public int GridWidth => _patches.GridWidth;

    /// <summary>Values of a patch: 3 * temporal_patch_size * patch_size * patch_size.</summary>
    public int PatchLength => _patches.PatchLength;

    /// <summary>Seconds of video from one time step to the next (second_per_grid_t).</summary>
    public double SecondsPerStep { get; }

    /// <summary>The patches of each time step, [GridHeight * GridWidth, PatchLength]. The memory of one is valid until the next is asked for.</summary>
    /// <exception cref="InvalidDataException">The clip gives fewer frames than asked for, or one of another size than it says.</exception>
    public IEnumerable<ReadOnlyMemory<float>> ReadSteps(CancellationToken cancellationToken = default)
    {
        var frameLength = _final.Height * _final.Width * 3;
        var frames = new byte[_config.TemporalPatchSize * frameLength];
        var patches = new float[GridHeight * GridWidth * PatchLength];
        var resize = CreateResize();
        var place = 0;
        foreach (var frame in FrameReading.ReadChecked(_clip, FrameIndices, cancellationToken))
        {
            resize(frame.Span, frames.AsSpan(place * frameLength, frameLength));
            place = (place + 1) % _config.TemporalPatchSize;
            if (place > 0)
                continue;
            _patches.Extract(frames, patches);
            yield return patches;
        }
    }

    private FrameResize CreateResize()
    {
        if (BudgetedSize == _final && _final == (_clip.Height, _clip.Width))
            return static (frame, destination) => frame.CopyTo(destination);

        var (height, width) = BudgetedSize;
        if (_plan.ResizesBytes)
            return new PillowResampler(_clip.Height, _clip.Width, height, width, shortWeights: _config.Resampler == FrameResampler.Torchvision).Resize;
        FrameResize first = _clip.IsStill || _config.Resampler == FrameResampler.Pillow
            ? new PillowResampler(_clip.Height, _clip.Width, height, width).Resize
            : new TorchvisionResampler(_clip.Height, _clip.Width, height, width).Resize;
        if (BudgetedSize == _final)
            return first;

        // The image processor resizes what was resized before, with Pillow.
        var second = new PillowResampler(height, width, _final.Height, _final.Width);
        var between = new byte[height * width * 3];
        return (frame, destination) =>
        {
            first(frame, between);
            second.Resize(between, destination);
        };
    }
}

/// <summary>Which frames of a clip are read, and at which size they reach the vision tower.</summary>
/// <param name="Indices">The sampled frames, ascending, at least one. What a whole number of time steps lacks is made of the last.</param>
/// <param name="SecondsPerStep">Seconds of video from one time step to the next.</param>
/// <param name="Budgeted">The size that frames are first resized to.</param>
/// <param name="Final">The size after a second resize; the same where there is none.</param>
/// <param name="ResizesBytes">Whether bytes are resized as bytes, once, stills too: as the image processors of transformers 4.5x and later do.</param>
internal sealed record FramePlan(int[] Indices, double SecondsPerStep, (int Height, int Width) Budgeted, (int Height, int Width) Final, bool ResizesBytes = false);
