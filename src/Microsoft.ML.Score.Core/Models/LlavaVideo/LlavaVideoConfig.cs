using Microsoft.ML.Score.Models.Qwen2;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Models.LlavaVideo;

/// <summary>
/// config.json of a LLaVA-Video checkpoint on Qwen2 (LlavaQwenForCausalLM), in its own words. Missing keys take the defaults of
/// the original classes. mm_spatial_pool_stride and mm_vision_select_layer are not read, as in the original: the code has 2 and -2.
/// </summary>
internal sealed record LlavaVideoConfig : IModelConfig
{
    private static readonly Qwen2Config s_textDefaults = new()
    {
        HiddenSize = 4096,
        IntermediateSize = 22016,
        NumHiddenLayers = 32,
        NumAttentionHeads = 32,
        NumKeyValueHeads = 32,
        VocabSize = 151936,
        RmsNormEps = 1e-6f,
        RopeTheta = 10000,
        TieWordEmbeddings = false,
    };

    public string Architecture => "LLaVA-Video";

    public required Qwen2Config TextConfig { get; init; }

    public required SiglipVisionConfig VisionConfig { get; init; }

    public required SpatialPoolMode MmSpatialPoolMode { get; init; }

    public required NewlinePosition MmNewlinePosition { get; init; }

    /// <summary>Most rows of a prompt, visual tokens and newlines included; max_position_embeddings where it is missing.</summary>
    public required int TokenizerModelMaxLength { get; init; }

    public required int[] EosTokenId { get; init; }

    /// <summary>The tensors that a checkpoint of this configuration must hold.</summary>
    public ExpectedTensors Tensors()
    {
        var tensors = new ExpectedTensors();
        VisionConfig.AddTensors(tensors);
        tensors.BeginPart("projector");
        tensors.AddLinear("model.mm_projector.0", TextConfig.HiddenSize, VisionConfig.HiddenSize);
        tensors.AddLinear("model.mm_projector.2", TextConfig.HiddenSize, TextConfig.HiddenSize);
        tensors.Add("model.image_newline", TextConfig.HiddenSize);
        TextConfig.AddTensors(tensors);
        return tensors;
    }

    /// <summary>The tokens that a clip becomes; none of its frames is read.</summary>
    public TokenGrid GridOf(VideoClip clip, LlavaVideoOptions options)
    {
        var sampling = new LlavaFrameSampling { MaxFrames = options.MaxFrames, ForceSample = options.ForceSample };
        return (this with { MmSpatialPoolMode = options.SpatialPoolMode ?? MmSpatialPoolMode }).GridOf(new SiglipProcessor(clip, sampling, VisionConfig.ImageSize).Frames);
    }

    /// <summary>
    /// The tokens of the given frames. They may be unevenly spaced: seconds per step are their mean distance, the length of the video where
    /// all are one frame, and 1 for a still image.
    /// </summary>
    public TokenGrid GridOf(LlavaFrames frames)
    {
        var distance = frames.Seconds.Length > 1 ? (frames.Seconds[^1] - frames.Seconds[0]) / (frames.Seconds.Length - 1) : 0;
        var side = new TokenPooling(MmSpatialPoolMode, VisionConfig.Side).Side;
        return new TokenGrid(frames.Indices.Length, side, side, distance > 0 ? distance : frames.VideoSeconds > 0 ? frames.VideoSeconds : 1);
    }

    // At most every kept token ends a run, and every run has one newline.
    public int MostVideoRows(TokenGrid grid, int keptTokens) =>
        (int)Math.Min(int.MaxValue / 2, keptTokens + Math.Min(keptTokens, new Newlines(MmNewlinePosition, grid).Length - grid.Count));

    // One frame is in the tower at a time.
    public long EncoderBytes(TokenGrid grid) => SiglipTower.WorkingBytes(VisionConfig)
        + sizeof(float) * (3L * VisionConfig.Patches * TextConfig.HiddenSize + 2L * VisionConfig.FrameLength);

    /// <exception cref="InvalidDataException">A value is missing, of the wrong kind, not supported, or does not fit the others.</exception>
    public static LlavaVideoConfig Read(ConfigSection config)
    {
        // The goldens' tiny checkpoint is the one kind that brings the sizes of its tower.
        var vision = config.Section("tiny_vision") is { } section ? SiglipVisionConfig.Read(section) : new SiglipVisionConfig();
        if (config.Text("mm_vision_tower") is not { } tower || !tower.Contains("siglip", StringComparison.OrdinalIgnoreCase))
            throw new InvalidDataException($"{config.File}: mm_vision_tower '{config.Text("mm_vision_tower")}' is not supported; expected a SigLIP tower.");
        if (config.Size("mm_hidden_size", vision.HiddenSize) is var size && size != vision.HiddenSize)
            throw new InvalidDataException($"{config.File}: mm_hidden_size {size} differs from the vision tower's hidden_size {vision.HiddenSize}.");
        ThrowIfOther(config, "mm_projector_type", "mlp2x_gelu");
        ThrowIfOther(config, "mm_patch_merge_type", "spatial_unpad");
        foreach (var key in (string[])["add_faster_video", "mm_use_im_start_end"])
            if (config.Flag(key, false))
                throw new InvalidDataException($"{config.File}: {key} true is not supported.");
        return new LlavaVideoConfig
        {
            TextConfig = Qwen2Config.Read(config, s_textDefaults, "default"),
            VisionConfig = vision,
            MmSpatialPoolMode = ReadPoolMode(config),
            MmNewlinePosition = ReadNewlinePosition(config),
            TokenizerModelMaxLength = config.Size("tokenizer_model_max_length", config.Size("max_position_embeddings", 32768), most: int.MaxValue),
            EosTokenId = config.Integers("eos_token_id") ?? [],
        };
    }

    /// <summary>mm_spatial_pool_mode.</summary>
    public static SpatialPoolMode ReadPoolMode(ConfigSection config) => config.Text("mm_spatial_pool_mode") switch
    {
        "average" => SpatialPoolMode.Average,
        null or "bilinear" => SpatialPoolMode.Bilinear,
        "max" => SpatialPoolMode.Max,
        var other => throw new InvalidDataException($"{config.File}: mm_spatial_pool_mode '{other}' is not supported; expected 'average', 'bilinear' or 'max'."),
    };

    /// <summary>mm_newline_position.</summary>
    public static NewlinePosition ReadNewlinePosition(ConfigSection config) => config.Text("mm_newline_position") switch
    {
        "grid" => NewlinePosition.Grid,
        "frame" => NewlinePosition.Frame,
        null or "one_token" => NewlinePosition.OneToken,
        "no_token" => NewlinePosition.NoToken,
        var other => throw new InvalidDataException(
            $"{config.File}: mm_newline_position '{other}' is not supported; expected 'grid', 'frame', 'one_token' or 'no_token'."),
    };

    private static void ThrowIfOther(ConfigSection config, string key, string supported)
    {
        if (config.Text(key) is var value && value != supported)
            throw new InvalidDataException($"{config.File}: {key} {(value is null ? "is missing" : $"'{value}' is not supported")}; expected '{supported}'.");
    }
}
