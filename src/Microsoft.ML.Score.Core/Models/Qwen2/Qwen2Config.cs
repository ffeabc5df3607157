namespace Microsoft.ML.Score.Models.Qwen2;

/// <summary>The language model's part of config.json, in its own words.</summary>
internal sealed record Qwen2Config
{
    public required int HiddenSize { get; init; }

    public required int IntermediateSize { get; init; }

    public required int NumHiddenLayers { get; init; }

    public required int NumAttentionHeads { get; init; }

    public required int NumKeyValueHeads { get; init; }

    public required int VocabSize { get; init; }

    public required float RmsNormEps { get; init; }

    public required double RopeTheta { get; init; }

    public required bool TieWordEmbeddings { get; init; }

    public int HeadDim => HiddenSize / NumAttentionHeads;

    /// <summary>Values of one token's keys, and of its values, in a layer.</summary>
    public int KeyValueSize => NumKeyValueHeads * HeadDim;

    /// <summary>Adds the tensors of the language model, under their released names.</summary>
    public void AddTensors(ExpectedTensors tensors)
    {
        tensors.BeginPart("token embeddings");
        tensors.Add("model.embed_tokens.weight", VocabSize, HiddenSize);
        tensors.BeginPart("decoder layers");
        for (var i = 0; i < NumHiddenLayers; i++)
        {
            var layer = $"model.layers.{i}";
            tensors.AddLinear($"{layer}.self_attn.q_proj", HiddenSize, HiddenSize);
            tensors.AddLinear($"{layer}.self_attn.k_proj", KeyValueSize, HiddenSize);
            tensors.AddLinear($"{layer}.self_attn.v_proj", KeyValueSize, HiddenSize);
            tensors.AddLinear($"{layer}.self_attn.o_proj", HiddenSize, HiddenSize, bias: false);
            tensors.AddLinear($"{layer}.mlp.gate_proj", IntermediateSize, HiddenSize, bias: false);
            tensors.AddLinear($"{layer}.mlp.up_proj", IntermediateSize, HiddenSize, bias: false);
            tensors.AddLinear($"{layer}.mlp.down_proj", HiddenSize, IntermediateSize, bias: false);
            tensors.Add($"{layer}.input_layernorm.weight", HiddenSize);
            tensors.Add($"{layer}.post_attention_layernorm.weight", HiddenSize);
        }

        tensors.Add("model.norm.weight", HiddenSize);
        if (TieWordEmbeddings)
            return;
        tensors.BeginPart("output head");
        tensors.Add("lm_head.weight", VocabSize, HiddenSize);
    }

    /// <param name="text">The object that holds the language model's keys.</param>
    /// <param name="defaults">What the model's configuration class has where a key is missing.</param>
    /// <exception cref="InvalidDataException">A value is of the wrong kind, or the sizes do not fit each other.</exception>
    public static Qwen2Config Read(ConfigSection text, Qwen2Config defaults)
    {
        var config = new Qwen2Config
        {
            HiddenSize = text.Size("hidden_size", defaults.HiddenSize),
            IntermediateSize = text.Size("intermediate_size", defaults.IntermediateSize),
            NumHiddenLayers = text.Size("num_hidden_layers", defaults.NumHiddenLayers, ConfigSection.MostLayers),
            NumAttentionHeads = text.Size("num_attention_heads", defaults.NumAttentionHeads),
            NumKeyValueHeads = text.Size("num_key_value_heads", defaults.NumKeyValueHeads),
            VocabSize = text.Size("vocab_size", defaults.VocabSize),
            RmsNormEps = (float)text.Positive("rms_norm_eps", defaults.RmsNormEps),
            // transformers 5 moved it.
            RopeTheta = (text.Section("rope_parameters") ?? text).Positive("rope_theta", text.Positive("rope_theta", defaults.RopeTheta)),
            TieWordEmbeddings = text.Flag("tie_word_embeddings", defaults.TieWordEmbeddings),
        };
        if (config.HiddenSize % (2 * config.NumAttentionHeads) != 0)
            throw new InvalidDataException(
                $"{text.File}: hidden_size {config.HiddenSize} must be an even multiple of num_attention_heads {config.NumAttentionHeads}.");
        if (config.NumAttentionHeads % config.NumKeyValueHeads != 0)
            throw new InvalidDataException(
                $"{text.File}: num_attention_heads {config.NumAttentionHeads} must be a multiple of num_key_value_heads {config.NumKeyValueHeads}.");
        if (text.Text("hidden_act") is { } activation and not "silu")
            throw new InvalidDataException($"{text.File}: hidden_act '{activation}' is not supported; expected 'silu'.");
        if (text.Flag("use_sliding_window", false))
            throw new InvalidDataException($"{text.File}: use_sliding_window true is not supported; the released models attend to the whole sequence.");
        return config;
    }
}
