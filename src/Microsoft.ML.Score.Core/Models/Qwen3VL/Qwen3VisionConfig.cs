using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Models.Qwen3VL;

/// <summary>vision_config of a Qwen3-VL checkpoint, in its own words.</summary>
internal sealed record Qwen3VisionConfig
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

    /// <summary>Rows of the table of position embeddings, the square of <see cref="PositionSide"/>.</summary>
    public required int NumPositionEmbeddings { get; init; }

    /// <summary>The blocks whose results become DeepStack features, ascending.</summary>
    public required int[] DeepStackVisualIndexes { get; init; }

    public int HeadDim => HiddenSize / NumHeads;

    /// <summary>Side of the grid that position embeddings are interpolated from.</summary>
    public int PositionSide => (int)Math.Sqrt(NumPositionEmbeddings);

    /// <summary>Patches of one merged token.</summary>
    public int MergeUnit => SpatialMergeSize * SpatialMergeSize;

    /// <summary>Values of the patches of one merged token, side by side.</summary>
    public int MergedSize => MergeUnit * HiddenSize;

    /// <summary>Values of one patch.</summary>
    public int PatchLength => InChannels * TemporalPatchSize * PatchSize * PatchSize;

    /// <summary>Adds the tensors of the vision tower and its mergers, under their released names.</summary>
    public void AddTensors(ExpectedTensors tensors)
    {
        tensors.BeginPart("vision tower");
        tensors.Add("visual.patch_embed.proj.weight", HiddenSize, InChannels, TemporalPatchSize, PatchSize, PatchSize);
        tensors.Add("visual.patch_embed.proj.bias", HiddenSize);
        tensors.Add("visual.pos_embed.weight", NumPositionEmbeddings, HiddenSize);
        for (var i = 0; i < Depth; i++)
        {
            var block = $"visual.blocks.{i}";
            AddNorm($"{block}.norm1", HiddenSize);
            AddNorm($"{block}.norm2", HiddenSize);
            tensors.AddLinear($"{block}.attn.qkv", 3 * HiddenSize, HiddenSize);
            tensors.AddLinear($"{block}.attn.proj", HiddenSize, HiddenSize);
            tensors.AddLinear($"{block}.mlp.linear_fc1", IntermediateSize, HiddenSize);
            tensors.AddLinear($"{block}.mlp.linear_fc2", HiddenSize, IntermediateSize);
        }

        tensors.BeginPart("merger");
        AddMerger("visual.merger", HiddenSize);
        tensors.BeginPart("DeepStack mergers");
        for (var j = 0; j < DeepStackVisualIndexes.Length; j++)
            AddMerger($"visual.deepstack_merger_list.{j}", MergedSize);

        void AddNorm(string name, int size)
        {
            tensors.Add($"{name}.weight", size);
            tensors.Add($"{name}.bias", size);
        }

        void AddMerger(string name, int normalized)
        {
            AddNorm($"{name}.norm", normalized);
            tensors.AddLinear($"{name}.linear_fc1", MergedSize, MergedSize);
            tensors.AddLinear($"{name}.linear_fc2", OutHiddenSize, MergedSize);
        }
    }

    /// <exception cref="InvalidDataException">A value is of the wrong kind, or the sizes do not fit each other.</exception>
    public static Qwen3VisionConfig Read(ConfigSection vision)
    {
        var config = new Qwen3VisionConfig
        {
            Depth = vision.Size("depth", 27, ConfigSection.MostLayers),
            HiddenSize = vision.Size("hidden_size", 1152),
            IntermediateSize = vision.Size("intermediate_size", 4304),
            NumHeads = vision.Size("num_heads", 16),
            InChannels = vision.Size("in_channels", 3, MostOfAPatch),
            OutHiddenSize = vision.Size("out_hidden_size", 3584),
            PatchSize = vision.Size("patch_size", 16, most: 256),
            SpatialMergeSize = vision.Size("spatial_merge_size", 2, MostOfAPatch),
            TemporalPatchSize = vision.Size("temporal_patch_size", 2, MostOfAPatch),
            NumPositionEmbeddings = vision.Size("num_position_embeddings", 2304),
            DeepStackVisualIndexes = vision.Integers("deepstack_visual_indexes") ?? [8, 16, 24],
        };
        if (config.HiddenSize % (4 * config.NumHeads) != 0)
            throw new InvalidDataException($"{vision.File}: vision hidden_size {config.HiddenSize} must be a multiple of four times num_heads {config.NumHeads}.");
        if (config.PositionSide * config.PositionSide != config.NumPositionEmbeddings)
            throw new InvalidDataException($"{vision.File}: num_position_embeddings {config.NumPositionEmbeddings} must be a square.");
        var previous = -1;
        foreach (var index in config.DeepStackVisualIndexes)
        {
            if (index <= previous || index >= config.Depth)
                throw new InvalidDataException(
                    $"{vision.File}: deepstack_visual_indexes must ascend within 0..{config.Depth - 1}, the vision blocks, got [{string.Join(", ", config.DeepStackVisualIndexes.Take(8))}].");
            previous = index;
        }

        if (vision.Text("hidden_act") is { } activation and not "gelu_pytorch_tanh")
            throw new InvalidDataException($"{vision.File}: vision hidden_act '{Excerpt.Of(activation)}' is not supported; expected 'gelu_pytorch_tanh'.");
        return config;
    }
}
