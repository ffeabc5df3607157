namespace Microsoft.ML.Score.Models.Qwen2;

/// <summary>The language model's part of config.json, in its own words.</summary>
internal sealed record Qwen2Config
{
    /// <summary>The name of the output head's matrix.</summary>
    public const string Head = "lm_head.weight";

    public required int HiddenSize { get; init; }

    public required int IntermediateSize { get; init; }

    public required int NumHiddenLayers { get; init; }

    public required int NumAttentionHeads { get; init; }

    public required int NumKeyValueHeads { get; init; }

    public required int VocabSize { get; init; }

    public required float RmsNormEps { get; init; }

    public required double RopeTheta { get; init; }

    /// <summary>How many rotary frequencies of a head follow the temporal, height and width position; null where none is named.</summary>
    public int[]? MropeSection { get; init; }

    /// <summary>
    /// Whether the token embeddings are the output head of a checkpoint that stores none. One that is stored is the head, whatever the
    /// configuration says: transformers and vLLM read a contradiction differently, and where the two are equal nothing differs.
    /// </summary>
    public required bool TieWordEmbeddings { get; init; }

    /// <summary>Values of a head. Where heads have a size of their own, they need not make up <see cref="HiddenSize"/>.</summary>
    public int HeadDim { get => field == 0 ? HiddenSize / NumAttentionHeads : field; init; }

    /// <summary>
    /// Qwen3 in place of Qwen2: queries and keys are normalised in each head before they are rotated, no projection has a bias, heads have a size
    /// of their own, and the axes of M-RoPE alternate among the frequencies.
    /// </summary>
    public bool IsQwen3 { get; init; }

    /// <summary>Values of one token's queries in a layer.</summary>
    public int QuerySize => NumAttentionHeads * HeadDim;

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
            tensors.AddLinear($"{layer}.self_attn.q_proj", QuerySize, HiddenSize, bias: !IsQwen3);
            tensors.AddLinear($"{layer}.self_attn.k_proj", KeyValueSize, HiddenSize, bias: !IsQwen3);
            tensors.AddLinear($"{layer}.self_attn.v_proj", KeyValueSize, HiddenSize, bias: !IsQwen3);
            tensors.AddLinear($"{layer}.self_attn.o_proj", HiddenSize, QuerySize, bias: false);
            if (IsQwen3)
            {
                tensors.Add($"{layer}.self_attn.q_norm.weight", HeadDim);
                tensors.Add($"{layer}.self_attn.k_norm.weight", HeadDim);
            }

            tensors.AddLinear($"{layer}.mlp.gate_proj", IntermediateSize, HiddenSize, bias: false);
            tensors.AddLinear($"{layer}.mlp.up_proj", IntermediateSize, HiddenSize, bias: false);
            tensors.AddLinear($"{layer}.mlp.down_proj", HiddenSize, IntermediateSize, bias: false);
            tensors.Add($"{layer}.input_layernorm.weight", HiddenSize);
            tensors.Add($"{layer}.post_attention_layernorm.weight", HiddenSize);
        }

        tensors.Add("model.norm.weight", HiddenSize);
        tensors.BeginPart("output head");
        if (TieWordEmbeddings)
            tensors.AddWhereStored(Head, VocabSize, HiddenSize);
        else
            tensors.Add(Head, VocabSize, HiddenSize);
    }

    /// <param name="config">All of config.json. The language model's keys are its own, or in its <c>text_config</c>.</param>
    /// <param name="defaults">What the model's configuration class has where a key is missing; a rope_theta of 0 for one that must be named.</param>
    /// <param name="ropeTypes">The types of rotary positions that the model has.</param>
    /// <exception cref="InvalidDataException">A value is of the wrong kind, or the sizes do not fit each other.</exception>
    public static Qwen2Config Read(ConfigSection config, Qwen2Config defaults, params IReadOnlyList<string> ropeTypes)
    {
        var text = config.Section("text_config") ?? config;
        var rope = RopeSettings.Read(config, ropeTypes, defaults.IsQwen3);
        var read = new Qwen2Config
        {
            HiddenSize = text.Size("hidden_size", defaults.HiddenSize),
            IntermediateSize = text.Size("intermediate_size", defaults.IntermediateSize),
            NumHiddenLayers = text.Size("num_hidden_layers", defaults.NumHiddenLayers, ConfigSection.MostLayers),
            NumAttentionHeads = text.Size("num_attention_heads", defaults.NumAttentionHeads),
            NumKeyValueHeads = text.Size("num_key_value_heads", defaults.NumKeyValueHeads),
            VocabSize = text.Size("vocab_size", defaults.VocabSize),
            RmsNormEps = (float)text.Positive("rms_norm_eps", defaults.RmsNormEps),
            RopeTheta = rope.Theta ?? (defaults.RopeTheta > 0 ? defaults.RopeTheta : throw new InvalidDataException(
                $"{text.File} names no rope_theta, for which versions of transformers have different defaults. Take the file of the released checkpoint.")),
            MropeSection = rope.MropeSection ?? defaults.MropeSection,
            IsQwen3 = defaults.IsQwen3,
            HeadDim = defaults.IsQwen3 ? text.Size("head_dim", defaults.HeadDim) : 0,
            // Either level says it; versions of transformers write it at one or both.
            TieWordEmbeddings = text.Flag("tie_word_embeddings", false) || config.Flag("tie_word_embeddings", false),
        };
        if (read.HeadDim % 2 != 0)
            throw new InvalidDataException($"{text.File}: head_dim {read.HeadDim} must be even.");
        if (!read.IsQwen3 && read.HiddenSize % (2 * read.NumAttentionHeads) != 0)
            throw new InvalidDataException(
                $"{text.File}: hidden_size {read.HiddenSize} must be an even multiple of num_attention_heads {read.NumAttentionHeads}.");
        if (read.NumAttentionHeads % read.NumKeyValueHeads != 0)
            throw new InvalidDataException(
                $"{text.File}: num_attention_heads {read.NumAttentionHeads} must be a multiple of num_key_value_heads {read.NumKeyValueHeads}.");
        if (text.Text("hidden_act") is { } activation and not "silu")
            throw new InvalidDataException($"{text.File}: hidden_act '{activation}' is not supported; expected 'silu'.");
        if (read.IsQwen3 && text.Flag("attention_bias", false))
            throw new InvalidDataException($"{text.File}: attention_bias true is not supported; the projections of the released models have no bias.");
        if (text.Flag("use_sliding_window", false))
            throw new InvalidDataException($"{text.File}: use_sliding_window true is not supported; the released models attend to the whole sequence.");
        return read;
    }
}
