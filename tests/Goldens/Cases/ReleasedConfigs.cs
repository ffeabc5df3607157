using System.Text;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Models.LlavaVideo;
using Microsoft.ML.Score.Models.Qwen25VL;
using Microsoft.ML.Score.Models.Qwen3VL;

namespace Microsoft.ML.Score.Goldens;

/// <summary>What config.json of the released models says of their tensors; a manifest of tensors carries its model's name, not its configuration.</summary>
internal static class ReleasedConfigs
{
    private const string Qwen25VL3B =
        """
        {
          "hidden_size": 2048, "intermediate_size": 11008, "num_hidden_layers": 36, "num_attention_heads": 16, "num_key_value_heads": 2,
          "vocab_size": 151936, "tie_word_embeddings": true, "rms_norm_eps": 1e-06, "rope_theta": 1000000.0,
          "rope_scaling": { "type": "mrope", "mrope_section": [16, 24, 24] }, "use_sliding_window": false,
          "image_token_id": 151655, "video_token_id": 151656,
          "vision_config": {
            "depth": 32, "hidden_size": 1280, "intermediate_size": 3420, "num_heads": 16, "out_hidden_size": 2048, "in_chans": 3, "patch_size": 14,
            "spatial_merge_size": 2, "temporal_patch_size": 2, "window_size": 112, "fullatt_block_indexes": [7, 15, 23, 31], "tokens_per_second": 2
          }
        }
        """;

    private const string Qwen25VL7B =
        """
        {
          "hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28, "num_attention_heads": 28, "num_key_value_heads": 4,
          "vocab_size": 152064, "tie_word_embeddings": false, "rms_norm_eps": 1e-06, "rope_theta": 1000000.0,
          "rope_scaling": { "type": "mrope", "mrope_section": [16, 24, 24] }, "use_sliding_window": false,
          "image_token_id": 151655, "video_token_id": 151656,
          "vision_config": {
            "depth": 32, "hidden_size": 1280, "intermediate_size": 3420, "num_heads": 16, "out_hidden_size": 3584, "in_chans": 3, "patch_size": 14,
            "spatial_merge_size": 2, "temporal_patch_size": 2, "window_size": 112, "fullatt_block_indexes": [7, 15, 23, 31], "tokens_per_second": 2
          }
        }
        """;

    // The language model's sizes are the class defaults.
    private const string Qwen25VL72B =
        """
        {
          "tie_word_embeddings": false, "rms_norm_eps": 1e-06, "rope_theta": 1000000.0,
          "rope_scaling": { "type": "mrope", "mrope_section": [16, 24, 24] }, "use_sliding_window": false,
          "image_token_id": 151655, "video_token_id": 151656,
          "vision_config": {
            "depth": 32, "hidden_size": 1280, "intermediate_size": 3456, "num_heads": 16, "out_hidden_size": 8192, "in_chans": 3, "patch_size": 14,
            "spatial_merge_size": 2, "temporal_patch_size": 2, "window_size": 112, "fullatt_block_indexes": [7, 15, 23, 31], "tokens_per_second": 2
          }
        }
        """;

    // The tower's sizes are no keys of this file.
    private const string LlavaVideo7B =
        """
        {
          "hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28, "num_attention_heads": 28, "num_key_value_heads": 4,
          "vocab_size": 152064, "tie_word_embeddings": false, "rms_norm_eps": 1e-06, "rope_theta": 1000000.0, "use_sliding_window": false,
          "mm_vision_tower": "google/siglip-so400m-patch14-384", "mm_hidden_size": 1152, "mm_projector_type": "mlp2x_gelu",
          "mm_patch_merge_type": "spatial_unpad", "mm_newline_position": "grid", "mm_spatial_pool_stride": 2
        }
        """;

    /// <summary>The tensors of a released model by its name; null for a name that is not known.</summary>
    public static ExpectedTensors? Tensors(string model) => model switch
    {
        "Qwen2.5-VL-3B" => Qwen25VLConfig.Read(Parse(Qwen25VL3B)).Tensors(),
        "Qwen2.5-VL-7B" => Qwen25VLConfig.Read(Parse(Qwen25VL7B)).Tensors(),
        "Qwen2.5-VL-72B" => Qwen25VLConfig.Read(Parse(Qwen25VL72B)).Tensors(),
        "LLaVA-Video-7B-Qwen2" => LlavaVideoConfig.Read(Parse(LlavaVideo7B)).Tensors(),
        _ => Qwen3VL(model)?.Tensors(),
    };

    /// <summary>The configuration of a released dense Qwen3-VL by its name; null for a name that is none.</summary>
    public static Qwen3VLConfig? Qwen3VL(string model) => model switch
    {
        "Qwen3-VL-2B" => Qwen3VL(2048, 6144, 28, 16, isTied: true, isLargeTower: false),
        "Qwen3-VL-4B" => Qwen3VL(2560, 9728, 36, 32, isTied: true, isLargeTower: false),
        "Qwen3-VL-8B" => Qwen3VL(4096, 12288, 36, 32, isTied: false, isLargeTower: true),
        "Qwen3-VL-32B" => Qwen3VL(5120, 25600, 64, 64, isTied: false, isLargeTower: true),
        _ => null,
    };

    // Two sizes of the tower and four of the language model; the rest is one for all.
    private static Qwen3VLConfig Qwen3VL(int hidden, int intermediate, int layers, int heads, bool isTied, bool isLargeTower) => Qwen3VLConfig.Read(Parse(
        $$"""
        {
          "image_token_id": 151655, "video_token_id": 151656, "tie_word_embeddings": {{(isTied ? "true" : "false")}},
          "text_config": {
            "hidden_size": {{hidden}}, "intermediate_size": {{intermediate}}, "num_hidden_layers": {{layers}}, "num_attention_heads": {{heads}}, "num_key_value_heads": 8,
            "head_dim": 128, "vocab_size": 151936, "rms_norm_eps": 1e-06, "rope_theta": 5000000, "attention_bias": false, "eos_token_id": 151645,
            "rope_scaling": { "mrope_interleaved": true, "mrope_section": [24, 20, 20], "rope_type": "default" }
          },
          "vision_config": {
            "depth": {{(isLargeTower ? 27 : 24)}}, "hidden_size": {{(isLargeTower ? 1152 : 1024)}}, "intermediate_size": {{(isLargeTower ? 4304 : 4096)}}, "num_heads": 16,
            "out_hidden_size": {{hidden}}, "in_channels": 3, "patch_size": 16, "spatial_merge_size": 2, "temporal_patch_size": 2, "num_position_embeddings": 2304,
            "deepstack_visual_indexes": {{(isLargeTower ? "[8, 16, 24]" : "[5, 11, 17]")}}, "hidden_act": "gelu_pytorch_tanh"
          }
        }
        """));

    private static ConfigSection Parse(string json) => ConfigSection.Parse(Encoding.UTF8.GetBytes(json), "config.json");
}
