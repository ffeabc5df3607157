using System.Text;
using System.Text.Json;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Models.Qwen25VL;
using Microsoft.ML.Score.Text;

namespace Microsoft.ML.Score.BigCheckpoint;

/// <summary>
/// A Qwen2.5-VL checkpoint of random weights in Hugging Face layout with a byte tokenizer: the sizes of the 3B model with as many
/// decoder layers as the wanted size takes and a quarter of its vision blocks, or those of a toy.
/// </summary>
internal static class SyntheticCheckpoint
{
    private const int Shards = 5;

    private static readonly string[] s_special =
        ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>"];

    private static readonly Sizes s_large = new(
        Vocabulary: 151936, Hidden: 2048, Intermediate: 11008, Heads: 16, KeyValueHeads: 2, MropeSection: [16, 24, 24],
        VisionDepth: 8, VisionHidden: 1280, VisionIntermediate: 3420, VisionHeads: 16, FullAttentionBlocks: [3, 7]);

    private static readonly Sizes s_small = new(
        Vocabulary: 2048, Hidden: 256, Intermediate: 512, Heads: 4, KeyValueHeads: 2, MropeSection: [16, 8, 8],
        VisionDepth: 2, VisionHidden: 64, VisionIntermediate: 128, VisionHeads: 2, FullAttentionBlocks: [1]);

    /// <summary>Writes a checkpoint of about that many bytes of weights.</summary>
    public static void Write(string folder, long bytes)
    {
        Directory.CreateDirectory(folder);
        AddedToken[] added = [.. s_special.Select((content, i) => new AddedToken(content, 256 + i, Special: true))];
        TokenizerWriter.Write(folder, BytePairVocabulary.FromMerges([]), added);
        var sizes = bytes < 1_000_000_000 ? s_small : s_large;
        var oneLayer = Config(sizes, 1).Tensors().Parameters;
        var perLayer = Config(sizes, 2).Tensors().Parameters - oneLayer;
        var layers = (int)Math.Max(1, 1 + (bytes / 2 - oneLayer) / perLayer);
        File.WriteAllText(Path.Combine(folder, "config.json"), ConfigJson(sizes, layers));
        File.WriteAllText(Path.Combine(folder, "generation_config.json"), """{"eos_token_id": [258, 256]}""");
        File.WriteAllText(Path.Combine(folder, "video_preprocessor_config.json"), """{"patch_size": 14, "temporal_patch_size": 2, "merge_size": 2}""");
        RandomShards.Write(folder, Config(sizes, layers).Tensors(), Shards, seed: 1);
    }

    private static Qwen25VLConfig Config(Sizes sizes, int layers) =>
        Qwen25VLConfig.Read(ConfigSection.Parse(Encoding.UTF8.GetBytes(ConfigJson(sizes, layers)), "config.json"));

    private static string ConfigJson(Sizes sizes, int layers) => JsonSerializer.Serialize(new
    {
        architectures = new[] { "Qwen2_5_VLForConditionalGeneration" },
        model_type = "qwen2_5_vl",
        image_token_id = 262,
        video_token_id = 263,
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
    });

    private sealed record Sizes(
        int Vocabulary, int Hidden, int Intermediate, int Heads, int KeyValueHeads, int[] MropeSection,
        int VisionDepth, int VisionHidden, int VisionIntermediate, int VisionHeads, int[] FullAttentionBlocks);
}
