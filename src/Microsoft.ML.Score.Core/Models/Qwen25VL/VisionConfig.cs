namespace Microsoft.ML.Score.Models.Qwen25VL;

/// <summary>vision_config, in its own words.</summary>
internal sealed record VisionConfig
{
    // Channels, frames and merged patches to a side: their products count the values of a patch.
    private const int MostOfAPatch = 16;

    public required int Depth { get; init; }

    public required int HiddenSize { get; init; }

    public required int IntermediateSize { get; init; }

    public required int NumHeads { get; init; }

    public required int InChannels { get; init; }

    public required int OutHiddenSize { get; init; }

    public required int PatchSize { get; init; }

    public required int SpatialMergeSize { get; init; }

    public required int TemporalPatchSize { get; init; }

    public required int WindowSize { get; init; }

    public required int[] FullattBlockIndexes { get; init; }

    public required double TokensPerSecond { get; init; }

    public int HeadDim => HiddenSize / NumHeads;

    /// <summary>Patches of one merged token.</summary>
    public int MergeUnit => SpatialMergeSize * SpatialMergeSize;

    /// <summary>Values of the patches of one merged token, side by side.</summary>
    public int MergedSize => MergeUnit * HiddenSize;

    /// <summary>Values of one patch.</summary>
    public int PatchLength => InChannels * TemporalPatchSize * PatchSize * PatchSize;

    /// <summary>Adds the tensors of the vision tower and its merger, under their released names.</summary>
    public void AddTensors(ExpectedTensors tensors)
    {
        tensors.BeginPart("vision tower");
        tensors.Add("visual.patch_embed.proj.weight", HiddenSize, InChannels, TemporalPatchSize, PatchSize, PatchSize);
        for (var i = 0; i < Depth; i++)
        {
            var block = $"visual.blocks.{i}";
            tensors.Add($"{block}.norm1.weight", HiddenSize);
            tensors.Add($"{block}.norm2.weight", HiddenSize);
            tensors.AddLinear($"{block}.attn.qkv", 3 * HiddenSize, HiddenSize);
            tensors.AddLinear($"{block}.attn.proj", HiddenSize, HiddenSize);
            tensors.AddLinear($"{block}.mlp.gate_proj", IntermediateSize, HiddenSize);
            tensors.AddLinear($"{block}.mlp.up_proj", IntermediateSize, HiddenSize);
            tensors.AddLinear($"{block}.mlp.down_proj", HiddenSize, IntermediateSize);
        }

        tensors.BeginPart("merger");
        tensors.Add("visual.merger.ln_q.weight", HiddenSize);
        tensors.AddLinear("visual.merger.mlp.0", MergedSize, MergedSize);
        tensors.AddLinear("visual.merger.mlp.2", OutHiddenSize, MergedSize);
    }

    /// <exception cref="InvalidDataException">A value is of the wrong kind, or the sizes do not fit each other.</exception>
    public static VisionConfig Read(ConfigSection vision)
    {
        var config = new VisionConfig
        {
            Depth = vision.Size("depth", 32, ConfigSection.MostLayers),
            HiddenSize = vision.Size("hidden_size", 3584),
            IntermediateSize = vision.Size("intermediate_size", 3420),
            NumHeads = vision.Size("num_heads", 16),
            InChannels = vision.Size("in_channels", vision.Size("in_chans", 3, MostOfAPatch), MostOfAPatch),
            OutHiddenSize = vision.Size("out_hidden_size", 3584),
            PatchSize = vision.Size("patch_size", 14, most: 256),
            SpatialMergeSize = vision.Size("spatial_merge_size", 2, MostOfAPatch),
            TemporalPatchSize = vision.Size("temporal_patch_size", 2, MostOfAPatch),
            WindowSize = vision.Size("window_size", 112),
            FullattBlockIndexes = vision.Integers("fullatt_block_indexes") ?? [7, 15, 23, 31],
            TokensPerSecond = vision.Positive("tokens_per_second", 4),
        };
        if (config.HiddenSize % (4 * config.NumHeads) != 0)
            throw new InvalidDataException($"{vision.File}: vision hidden_size {config.HiddenSize} must be a multiple of four times num_heads {config.NumHeads}.");
        if (config.WindowSize < config.PatchSize * config.SpatialMergeSize)
            throw new InvalidDataException(
                $"{vision.File}: window_size {config.WindowSize} is smaller than one merged token of {config.PatchSize * config.SpatialMergeSize} pixels.");
        if (vision.Text("hidden_act") is { } activation and not "silu")
            throw new InvalidDataException($"{vision.File}: vision hidden_act '{activation}' is not supported; expected 'silu'.");
        return config;
    }
}
