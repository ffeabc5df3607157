namespace Microsoft.ML.Score.Video;

/// <summary>
/// From a clip to the patches that the Qwen2-VL and Qwen2.5-VL vision towers read, as qwen-vl-utils and the checkpoint's image
/// processor do together. Holds the sampling and sizes of one clip; reads its frames one time step at a time.
/// </summary>
internal sealed class QwenVideoProcessor
{
    private readonly QwenProcessorConfig _config;
    private readonly VideoClip _clip;
    private readonly int[] _frameIndices;
    private readonly (int Height, int Width) _budgeted;
    private readonly (int Height, int Width) _final;
    private readonly PatchExtractor _patches;

    /// <param name="config">The checkpoint's parameters.</param>
    /// <param name="clip">The video; one with too few frames for a time step, such as a still image, has its last frame repeated.</param>
    /// <exception cref="ArgumentException">One side of the frame is more than 200 times the other.</exception>
    public QwenVideoProcessor(QwenProcessorConfig config, VideoClip clip)
    {
        _config = config;
        _clip = clip;

        // What the processor takes when it is told no rate is 2 frames a second.
        var (indices, framesPerSecond) = clip.FrameCount < config.TemporalPatchSize
            ? ([.. Enumerable.Range(0, clip.FrameCount)], 2.0)
            : config.Sampling.Select(clip.FrameCount, clip.FramesPerSecond);
        TimeSteps = (indices.Length + config.TemporalPatchSize - 1) / config.TemporalPatchSize;
        _frameIndices = [.. indices, .. Enumerable.Repeat(indices[^1], TimeSteps * config.TemporalPatchSize - indices.Length)];
        SecondsPerStep = config.TemporalPatchSize / framesPerSecond;
        (_budgeted, _final) = config.FrameSize(clip.Height, clip.Width, indices.Length);
        _patches = new PatchExtractor(config, _final.Height, _final.Width);
    }

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
        foreach (var frame in FrameReading.ReadChecked(_clip, _frameIndices, cancellationToken))
        {
            resize(frame, frames.AsMemory(place * frameLength, frameLength));
            place = (place + 1) % _config.TemporalPatchSize;
            if (place > 0)
                continue;
            _patches.Extract(frames, patches);
            yield return patches;
        }
    }

    private Action<ReadOnlyMemory<byte>, Memory<byte>> CreateResize()
    {
        if (_budgeted == _final && _final == (_clip.Height, _clip.Width))
            return static (frame, destination) => frame.CopyTo(destination);

        var first = new TorchvisionResampler(_clip.Height, _clip.Width, _budgeted.Height, _budgeted.Width);
        if (_budgeted == _final)
            return (frame, destination) => first.Resize(frame.Span, destination.Span);

        // The image processor resizes what qwen-vl-utils resized before, with Pillow.
        var second = new PillowResampler(_budgeted.Height, _budgeted.Width, _final.Height, _final.Width);
        var between = new byte[_budgeted.Height * _budgeted.Width * 3];
        return (frame, destination) =>
        {
            first.Resize(frame.Span, between);
            second.Resize(between, destination.Span);
        };
    }
}
