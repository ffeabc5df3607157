namespace Microsoft.ML.Score.Models.LlavaVideo;

/// <summary>
/// Sizes of the SigLIP tower, in the words of its configuration class. Released LLaVA-Video checkpoints do not store them: the
/// original code has the values of siglip-so400m-patch14-384, which are the defaults here.
/// </summary>
internal sealed record SiglipVisionConfig
{
    /// <summary>What stands before the names of the tower's tensors.</summary>
    public const string Prefix = "model.vision_tower.vision_tower.vision_model";

    public int HiddenSize { get; init; } = 1152;

    public int IntermediateSize { get; init; } = 4304;

    /// <summary>Layers of the whole tower; <see cref="UsedLayers"/> of them are loaded and saved.</summary>
    public int NumHiddenLayers { get; init; } = 27;

    public int NumAttentionHeads { get; init; } = 16;

    public int NumChannels { get; init; } = 3;

    /// <summary>Height and width of a frame in pixels.</summary>
    public int ImageSize { get; init; } = 384;

    public int PatchSize { get; init; } = 14;

    public float LayerNormEps { get; init; } = 1e-6f;

    public int HeadDim => HiddenSize / NumAttentionHeads;

    /// <summary>The original code deletes the last layer on loading (mm_vision_select_layer -2).</summary>
    public int UsedLayers => NumHiddenLayers - 1;

    /// <summary>Tokens along a side of a frame before pooling; pixels beyond the last whole patch are not used.</summary>
    public int Side => ImageSize / PatchSize;

    /// <summary>Tokens of a frame before pooling.</summary>
    public int Patches => Side * Side;

    /// <summary>Values of one patch, [channel, row, column].</summary>
    public int PatchLength => NumChannels * PatchSize * PatchSize;

    /// <summary>Values of one frame, [channel, row, column].</summary>
    public int FrameLength => NumChannels * ImageSize * ImageSize;

    /// <summary>The tensors of the tower; post_layernorm is stored, though nothing uses it.</summary>
    public void AddTensors(ExpectedTensors tensors)
    {
        tensors.BeginPart("vision tower");
        tensors.Add($"{Prefix}.embeddings.patch_embedding.weight", HiddenSize, NumChannels, PatchSize, PatchSize);
        tensors.Add($"{Prefix}.embeddings.patch_embedding.bias", HiddenSize);
        tensors.Add($"{Prefix}.embeddings.position_embedding.weight", Patches, HiddenSize);
        for (var i = 0; i < UsedLayers; i++)
        {
            var layer = $"{Prefix}.encoder.layers.{i}";
            AddNorm($"{layer}.layer_norm1");
            foreach (var name in (string[])["q_proj", "k_proj", "v_proj", "out_proj"])
                tensors.AddLinear($"{layer}.self_attn.{name}", HiddenSize, HiddenSize);
            AddNorm($"{layer}.layer_norm2");
            tensors.AddLinear($"{layer}.mlp.fc1", IntermediateSize, HiddenSize);
            tensors.AddLinear($"{layer}.mlp.fc2", HiddenSize, IntermediateSize);
        }

        AddNorm($"{Prefix}.post_layernorm");

        void AddNorm(string name)
        {
            tensors.Add($"{name}.weight", HiddenSize);
            tensors.Add($"{name}.bias", HiddenSize);
        }
    }

    /// <exception cref="InvalidDataException">A value is of the wrong kind, or the sizes do not fit each other.</exception>
    public static SiglipVisionConfig Read(ConfigSection vision)
    {
        var defaults = new SiglipVisionConfig();
        var config = new SiglipVisionConfig
        {
            HiddenSize = vision.Size("hidden_size", defaults.HiddenSize),
            IntermediateSize = vision.Size("intermediate_size", defaults.IntermediateSize),
            NumHiddenLayers = vision.Size("num_hidden_layers", defaults.NumHiddenLayers, ConfigSection.MostLayers),
            NumAttentionHeads = vision.Size("num_attention_heads", defaults.NumAttentionHeads),
            NumChannels = vision.Size("num_channels", defaults.NumChannels),
            ImageSize = vision.Size("image_size", defaults.ImageSize, most: 4096),
            PatchSize = vision.Size("patch_size", defaults.PatchSize, most: 256),
            LayerNormEps = (float)vision.Positive("layer_norm_eps", defaults.LayerNormEps),
        };
        if (config.HiddenSize % config.NumAttentionHeads != 0)
            throw new InvalidDataException(
                $"{vision.File}: vision hidden_size {config.HiddenSize} must be a multiple of num_attention_heads {config.NumAttentionHeads}.");
        if (config.NumHiddenLayers < 2)
            throw new InvalidDataException(
                $"{vision.File}: vision num_hidden_layers must be at least 2, since the last layer is not used; got {config.NumHiddenLayers}.");
        if (config.NumChannels != 3)
            throw new InvalidDataException($"{vision.File}: vision num_channels {config.NumChannels} is not supported; expected 3.");
        if (config.Side < 2)
            throw new InvalidDataException($"{vision.File}: image_size {config.ImageSize} must be at least twice patch_size {config.PatchSize}.");
        if (vision.Text("hidden_act") is { } activation and not "gelu_pytorch_tanh")
            throw new InvalidDataException($"{vision.File}: vision hidden_act '{activation}' is not supported; expected 'gelu_pytorch_tanh'.");
        return config;
    }
}
