using Microsoft.ML.Score.Models.Qwen2;
using Microsoft.ML.Score.Models.Qwen25VL;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Models.Qwen3VL;

/// <summary>
/// config.json of a dense Qwen3-VL checkpoint, in its own words; always with text_config and vision_config. Rotary settings are read in the
/// spellings of transformers 4 and 5. Missing keys take the defaults of the original configuration classes, but for rope_theta, on which the
/// versions differ.
/// </summary>
internal sealed record Qwen3VLConfig : IModelConfig
{
    /// <summary>Rows that a step's timestamp and markers take at most: eight tokens below 1,000 seconds, as many more as there are more digits, and two markers.</summary>
    private const int MostTextRowsOfAStep = 12;

    private static readonly Qwen2Config s_textDefaults = new()
    {
        HiddenSize = 4096,
        IntermediateSize = 22016,
        NumHiddenLayers = 32,
        NumAttentionHeads = 32,
        NumKeyValueHeads = 32,
        HeadDim = 128,
        VocabSize = 151936,
        RmsNormEps = 1e-6f,
        RopeTheta = 0,
        MropeSection = [24, 20, 20],
        TieWordEmbeddings = false,
        IsQwen3 = true,
    };

    public string Architecture => "Qwen3-VL";

    public required Qwen2Config TextConfig { get; init; }

    public required Qwen3VisionConfig VisionConfig { get; init; }

    public required int ImageTokenId { get; init; }

    public required int VideoTokenId { get; init; }

    public required int[] EosTokenId { get; init; }

    /// <summary>DeepStack tensors that visual tokens have beside their vectors, one for each of the first decoder layers.</summary>
    public int DeepStackLevels => VisionConfig.DeepStackVisualIndexes.Length;

    /// <summary>The tensors that a checkpoint of this configuration must hold.</summary>
    public ExpectedTensors Tensors()
    {
        var tensors = new ExpectedTensors();
        VisionConfig.AddTensors(tensors);
        TextConfig.AddTensors(tensors);
        return tensors;
    }

    /// <summary>For each rotary frequency the axis that it follows, 0 time, 1 height, 2 width: height and width take every third as far as their sections reach, time the rest.</summary>
    public int[] MropeAxes()
    {
        var axes = new int[TextConfig.HeadDim / 2];
        for (var axis = 1; axis <= 2; axis++)
            for (var k = axis; k < Math.Min(3 * TextConfig.MropeSection![axis], axes.Length); k += 3)
                axes[k] = axis;
        return axes;
    }

    /// <summary>The tokens that a clip becomes; none of its frames is read.</summary>
    public TokenGrid GridOf(VideoClip clip, CheckpointFiles files, QwenVideoOptions options, Qwen3VLFrameRules rules)
    {
        var config = Qwen3ProcessorConfig.Load(files);
        config.Frames.ThrowIfNotOf(VisionConfig.PatchSize, VisionConfig.TemporalPatchSize, VisionConfig.SpatialMergeSize, files);
        return GridOf(config.With(options, rules).ProcessorOf(clip));
    }

    /// <summary>The tokens of a clip by its processor.</summary>
    public TokenGrid GridOf(QwenVideoProcessor processor) => new(
        processor.TimeSteps, processor.GridHeight / VisionConfig.SpatialMergeSize, processor.GridWidth / VisionConfig.SpatialMergeSize, processor.SecondsPerStep);

    public int MostVideoRows(TokenGrid grid, int keptTokens) => (int)Math.Min(int.MaxValue, keptTokens + (long)MostTextRowsOfAStep * grid.TimeSteps);

    public long EncoderBytes(TokenGrid grid) => Qwen3VLModel.EncoderBytes(VisionConfig, PatchGridOf(grid));

    /// <summary>The patches that a grid of tokens is merged from.</summary>
    public PatchGrid PatchGridOf(TokenGrid grid) =>
        new(grid.TimeSteps, grid.Height * VisionConfig.SpatialMergeSize, grid.Width * VisionConfig.SpatialMergeSize);

    /// <exception cref="InvalidDataException">A value is missing, of the wrong kind, or does not fit the others.</exception>
    public static Qwen3VLConfig Read(ConfigSection config)
    {
        var text = config.Section("text_config") ?? throw new InvalidDataException($"{config.File} lacks 'text_config'.");
        var textConfig = Qwen2Config.Read(config, s_textDefaults, "default");
        if (textConfig.MropeSection is not { Length: 3 } sections || sections.Sum(size => 2L * size) != textConfig.HeadDim)
            throw new InvalidDataException(
                $"{config.File}: mrope_section must be three numbers that sum to half of the head dimension {textConfig.HeadDim}, got [{string.Join(", ", textConfig.MropeSection ?? [])}].");
        var visionConfig = Qwen3VisionConfig.Read(config.Section("vision_config") ?? throw new InvalidDataException($"{config.File} lacks 'vision_config'."));
        if (visionConfig.OutHiddenSize != textConfig.HiddenSize)
            throw new InvalidDataException($"{config.File}: vision out_hidden_size {visionConfig.OutHiddenSize} differs from hidden_size {textConfig.HiddenSize}.");
        if (visionConfig.DeepStackVisualIndexes.Length > textConfig.NumHiddenLayers)
            throw new InvalidDataException(
                $"{config.File}: deepstack_visual_indexes names {visionConfig.DeepStackVisualIndexes.Length} blocks for {textConfig.NumHiddenLayers} decoder layers; each needs a layer of its own.");
        return new Qwen3VLConfig
        {
            TextConfig = textConfig,
            VisionConfig = visionConfig,
            ImageTokenId = config.TokenId("image_token_id", 151655),
            VideoTokenId = config.TokenId("video_token_id", 151656),
            EosTokenId = config.Integers("eos_token_id") ?? text.Integers("eos_token_id") ?? [],
        };
    }
}
