namespace Microsoft.ML.Score.BigCheckpoint;

/// <summary>The sizes of the Qwen3-VL model of 2B parameters with a quarter of its vision blocks and all its DeepStack levels, or those of a toy.</summary>
internal static class Qwen3VLShape
{
    private static readonly Sizes s_large = new(
        Vocabulary: 151936, Hidden: 2048, Intermediate: 6144, Heads: 16, KeyValueHeads: 8, HeadDim: 128, MropeSection: [24, 20, 20],
        VisionDepth: 6, VisionHidden: 1024, VisionIntermediate: 4096, VisionHeads: 16, Positions: 2304, DeepStackBlocks: [1, 3, 5]);

    private static readonly Sizes s_small = new(
        Vocabulary: 2048, Hidden: 256, Intermediate: 512, Heads: 4, KeyValueHeads: 2, HeadDim: 64, MropeSection: [12, 10, 10],
        VisionDepth: 3, VisionHidden: 64, VisionIntermediate: 128, VisionHeads: 2, Positions: 64, DeepStackBlocks: [0, 1, 2]);

    public static CheckpointShape Of(bool large)
    {
        var sizes = large ? s_large : s_small;
        var processor = new { size = new { shortest_edge = 4096, longest_edge = 25165824 }, patch_size = 16, temporal_patch_size = 2, merge_size = 2 };
        // Each DeepStack level is added after a layer of its own.
        return new CheckpointShape(layers => Config(sizes, layers), processor, LeastLayers: sizes.DeepStackBlocks.Length);
    }

    private static object Config(Sizes sizes, int layers) => new
    {
        architectures = new[] { "Qwen3VLForConditionalGeneration" },
        model_type = "qwen3_vl",
        image_token_id = ByteTokenizer.ImagePad,
        video_token_id = ByteTokenizer.VideoPad,
        tie_word_embeddings = true,
        text_config = new
        {
            hidden_size = sizes.Hidden,
            intermediate_size = sizes.Intermediate,
            num_hidden_layers = layers,
            num_attention_heads = sizes.Heads,
            num_key_value_heads = sizes.KeyValueHeads,
            head_dim = sizes.HeadDim,
            vocab_size = sizes.Vocabulary,
            tie_word_embeddings = true,
            rms_norm_eps = 1e-6,
            rope_theta = 5e6,
            rope_scaling = new { rope_type = "default", mrope_interleaved = true, mrope_section = sizes.MropeSection },
        },
        vision_config = new
        {
            depth = sizes.VisionDepth,
            hidden_size = sizes.VisionHidden,
            intermediate_size = sizes.VisionIntermediate,
            num_heads = sizes.VisionHeads,
            out_hidden_size = sizes.Hidden,
            patch_size = 16,
            num_position_embeddings = sizes.Positions,
            deepstack_visual_indexes = sizes.DeepStackBlocks,
            hidden_act = "gelu_pytorch_tanh",
        },
    };

    private sealed record Sizes(
        int Vocabulary, int Hidden, int Intermediate, int Heads, int KeyValueHeads, int HeadDim, int[] MropeSection,
        int VisionDepth, int VisionHidden, int VisionIntermediate, int VisionHeads, int Positions, int[] DeepStackBlocks);
}
