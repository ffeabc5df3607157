using System.Text;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Models.LlavaVideo;
using Microsoft.ML.Score.Models.Qwen25VL;

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
        _ => null,
    };

    private static ConfigSection Parse(string json) => ConfigSection.Parse(Encoding.UTF8.GetBytes(json), "config.json");
}
