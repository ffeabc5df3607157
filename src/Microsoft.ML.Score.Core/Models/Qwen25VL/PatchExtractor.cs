namespace Microsoft.ML.Score.Models.Qwen25VL;

/// <summary>
/// Normalises the frames of one time step and cuts them into patches in the order of Qwen2-VL's image processor: patches of a
/// merge block stand together, blocks row-major; a patch is [channel, frame of the step, row, column]. Safe to share between threads.
/// </summary>
internal sealed class PatchExtractor
{
    private readonly QwenProcessorConfig _config;
    private readonly int _width;
    private readonly float[][] _normalized;

    /// <param name="config">Sizes, mean and standard deviation.</param>
    /// <param name="height">Frame height, a multiple of patch_size * merge_size.</param>
    /// <param name="width">Frame width, likewise.</param>
    public PatchExtractor(QwenProcessorConfig config, int height, int width)
    {
        _config = config;
        _width = width;
        GridHeight = height / config.PatchSize;
        GridWidth = width / config.PatchSize;
        PatchLength = 3 * config.TemporalPatchSize * config.PatchSize * config.PatchSize;

        // A byte has 256 values: x = (u8 / 255 - mean) / std is looked up, its product taken in double as numpy does.
        _normalized = [.. config.ImageMean.Zip(config.ImageStd, (mean, deviation) => Enumerable.Range(0, 256)
            .Select(value => ((float)(value * (1.0 / 255.0)) - mean) / deviation).ToArray())];
    }

    /// <summary>Patch rows of a frame.</summary>
    public int GridHeight { get; }

    /// <summary>Patch columns of a frame.</summary>
    public int GridWidth { get; }

    /// <summary>3 * temporal_patch_size * patch_size * patch_size.</summary>
    public int PatchLength { get; }

    /// <param name="frames">[temporal_patch_size, height, width, 3].</param>
    /// <param name="patches">[GridHeight * GridWidth, PatchLength].</param>
    public void Extract(ReadOnlySpan<byte> frames, Span<float> patches)
    {
        var (size, merge) = (_config.PatchSize, _config.MergeSize);
        var frameLength = frames.Length / _config.TemporalPatchSize;
        for (var row = 0; row < GridHeight; row++)
            for (var column = 0; column < GridWidth; column++)
            {
                var block = row / merge * (GridWidth / merge) + column / merge;
                var index = (block * merge + row % merge) * merge + column % merge;
                var patch = patches.Slice(index * PatchLength, PatchLength);
                var place = 0;
                for (var channel = 0; channel < 3; channel++)
                    for (var frame = 0; frame < _config.TemporalPatchSize; frame++)
                        for (var y = 0; y < size; y++)
                        {
                            var pixel = frame * frameLength + ((row * size + y) * _width + column * size) * 3 + channel;
                            for (var x = 0; x < size; x++, pixel += 3)
                                patch[place++] = _normalized[channel][frames[pixel]];
                        }
            }
    }
}
