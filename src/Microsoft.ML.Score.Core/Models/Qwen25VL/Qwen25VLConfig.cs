using Microsoft.ML.Score.Models.Qwen2;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Models.Qwen25VL;

/// <summary>
/// config.json of a Qwen2.5-VL checkpoint, in its own words. Both layouts are read: flat (the released files) and with a nested
/// text_config (transformers 4.52 and later). Missing keys take the defaults of the original configuration classes, because
/// re-saved checkpoints drop keys that equal them.
/// </summary>
internal sealed record Qwen25VLConfig : IModelConfig
{
    private static readonly Qwen2Config s_textDefaults = new()
    {
        HiddenSize = 8192,
        IntermediateSize = 29568,
        NumHiddenLayers = 80,
        NumAttentionHeads = 64,
        NumKeyValueHeads = 8,
        VocabSize = 152064,
        RmsNormEps = 1e-5f,
        RopeTheta = 1e6,
        TieWordEmbeddings = false,
    };

    public string Architecture => "Qwen2.5-VL";

    public required Qwen2Config TextConfig { get; init; }

    public required VisionConfig VisionConfig { get; init; }

    /// <summary><see cref="Qwen2Config.MropeSection"/>, which here sums to half a head.</summary>
    public required int[] MropeSection { get; init; }

    public required int ImageTokenId { get; init; }

    public required int VideoTokenId { get; init; }

    public required int[] EosTokenId { get; init; }

    /// <summary>Not a key of config.json but a matter of the version of transformers that is followed.</summary>
    public TemporalPositionRule TemporalPositions { get; init; }

    /// <summary>The tensors that a checkpoint of this configuration must hold.</summary>
    public ExpectedTensors Tensors()
    {
        var tensors = new ExpectedTensors();
        VisionConfig.AddTensors(tensors);
        TextConfig.AddTensors(tensors);
        return tensors;
    }

    /// <summary>The tokens that a clip becomes; none of its frames is read.</summary>
    public TokenGrid GridOf(VideoClip clip, CheckpointFiles files, QwenVideoOptions options)
    {
        var config = QwenProcessorConfig.Load(files);
        config.ThrowIfNotOf(VisionConfig.PatchSize, VisionConfig.TemporalPatchSize, VisionConfig.SpatialMergeSize, files);
        var processor = new QwenVideoProcessor(config.With(options), clip);
        var merge = VisionConfig.SpatialMergeSize;
        return new TokenGrid(processor.TimeSteps, processor.GridHeight / merge, processor.GridWidth / merge, processor.SecondsPerStep);
    }

    public int MostVideoRows(TokenGrid grid, int keptTokens) => keptTokens;

    public long EncoderBytes(TokenGrid grid) => Qwen25VLModel.EncoderBytes(VisionConfig, PatchGridOf(grid));

    /// <summary>The patches that a grid of tokens is merged from.</summary>
    public PatchGrid PatchGridOf(TokenGrid grid) =>
        new(grid.TimeSteps, grid.Height * VisionConfig.SpatialMergeSize, grid.Width * VisionConfig.SpatialMergeSize);

    /// <exception cref="InvalidDataException">A value is missing, of the wrong kind, or does not fit the others.</exception>
    public static Qwen25VLConfig Read(ConfigSection config)
    {
        // transformers 4.5x writes the type 'mrope' as 'default'.
        var textConfig = Qwen2Config.Read(config, s_textDefaults, "mrope", "default");
        var mropeSection = textConfig.MropeSection;
        if (mropeSection is not { Length: 3 } || mropeSection.Sum(size => 2L * size) != textConfig.HeadDim)
            throw new InvalidDataException(
                $"{config.File}: mrope_section must be three numbers that sum to half of the head dimension {textConfig.HeadDim}, got [{string.Join(", ", mropeSection ?? [])}].");
        var visionConfig = VisionConfig.Read(config.Section("vision_config") ?? throw new InvalidDataException($"{config.File} lacks 'vision_config'."));
        if (visionConfig.OutHiddenSize != textConfig.HiddenSize)
            throw new InvalidDataException($"{config.File}: vision out_hidden_size {visionConfig.OutHiddenSize} differs from hidden_size {textConfig.HiddenSize}.");
        return new Qwen25VLConfig
        {
            TextConfig = textConfig,
            VisionConfig = visionConfig,
            MropeSection = mropeSection,
            ImageTokenId = config.TokenId("image_token_id", 151655),
            VideoTokenId = config.TokenId("video_token_id", 151656),
            EosTokenId = config.Integers("eos_token_id") ?? config.Section("text_config")?.Integers("eos_token_id") ?? [],
        };
    }
}
