namespace Microsoft.ML.Score.BigCheckpoint;

/// <summary>The sizes of the Qwen2.5-VL model of 3B parameters with a quarter of its vision blocks, or those of a toy.</summary>
internal static class Qwen25VLShape
{
    private static readonly Sizes s_large = new(
        Vocabulary: 151936, Hidden: 2048, Intermediate: 11008, Heads: 16, KeyValueHeads: 2, MropeSection: [16, 24, 24],
        VisionDepth: 8, VisionHidden: 1280, VisionIntermediate: 3420, VisionHeads: 16, FullAttentionBlocks: [3, 7]);

    private static readonly Sizes s_small = new(
        Vocabulary: 2048, Hidden: 256, Intermediate: 512, Heads: 4, KeyValueHeads: 2, MropeSection: [16, 8, 8],
        VisionDepth: 2, VisionHidden: 64, VisionIntermediate: 128, VisionHeads: 2, FullAttentionBlocks: [1]);

    public static CheckpointShape Of(bool large) =>
        new(layers => Config(large ? s_large : s_small, layers), new { patch_size = 14, temporal_patch_size = 2, merge_size = 2 });

    private static object Config(Sizes sizes, int layers) => new
    {
        architectures = new[] { "Qwen2_5_VLForConditionalGeneration" },
        model_type = "qwen2_5_vl",
        image_token_id = ByteTokenizer.ImagePad,
        video_token_id = ByteTokenizer.VideoPad,
        hidden_size = sizes.Hidden,
        intermediate_size = sizes.Intermediate,
        num_hidden_layers = layers,
        num_attention_heads = sizes.Heads,
        num_key_value_heads = sizes.KeyValueHeads,
        vocab_size = sizes.Vocabulary,
        tie_word_embeddings = true,
        rms_norm_eps = 1e-6,
        rope_theta = 1e6,
        rope_scaling = new { type = "mrope", mrope_section = sizes.MropeSection },
        vision_config = new
        {
            depth = sizes.VisionDepth,
            hidden_size = sizes.VisionHidden,
            intermediate_size = sizes.VisionIntermediate,
            num_heads = sizes.VisionHeads,
            out_hidden_size = sizes.Hidden,
            fullatt_block_indexes = sizes.FullAttentionBlocks,
            tokens_per_second = 2,
        },
    };

    private sealed record Sizes(
        int Vocabulary, int Hidden, int Intermediate, int Heads, int KeyValueHeads, int[] MropeSection,
        int VisionDepth, int VisionHidden, int VisionIntermediate, int VisionHeads, int[] FullAttentionBlocks);
}
