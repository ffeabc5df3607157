using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.TinyModel;

/// <summary>Writes the trained model as a Hugging Face folder that any loader of Qwen2.5-VL can open.</summary>
internal static class CheckpointExport
{
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, NewLine = "\n" };

    public static void Write(string folder, TrainableModel model, TinyConfiguration configuration, TinyTokenizer tokenizer)
    {
        tokenizer.Write(folder);
        WriteJson(folder, "config.json", Configuration(configuration, tokenizer));
        WriteJson(folder, "generation_config.json", new JsonObject
        {
            ["bos_token_id"] = tokenizer.Id("<|endoftext|>"),
            ["do_sample"] = false,
            ["eos_token_id"] = new JsonArray(tokenizer.Id("<|im_end|>"), tokenizer.Id("<|endoftext|>")),
            ["pad_token_id"] = tokenizer.Id("<|endoftext|>"),
        });
        // Still images have the bounds of frames.
        foreach (var file in (string[])["preprocessor_config.json", "video_preprocessor_config.json"])
            WriteJson(folder, file, new JsonObject
            {
                // From 48x48 pixels, the frames of the synthetic world, which stay as they are, to 96x96.
                ["min_pixels"] = 48 * 48,
                ["max_pixels"] = 96 * 96,
                ["patch_size"] = TinyConfiguration.PatchSize,
                ["temporal_patch_size"] = TinyConfiguration.TemporalPatchSize,
                ["merge_size"] = TinyConfiguration.SpatialMergeSize,
                ["image_mean"] = new JsonArray(0.48145466, 0.4578275, 0.40821073),
                ["image_std"] = new JsonArray(0.26862954, 0.26130258, 0.27577711),
            });
        SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"),
            [.. model.Parameters.Parameters.Where(parameter => parameter.Exported).Select(parameter => TensorData.FromSingle(parameter.Name, parameter.Shape, model.Parameters.Value(parameter)))],
            new Dictionary<string, string> { ["format"] = "pt" });
    }

    private static JsonObject Configuration(TinyConfiguration configuration, TinyTokenizer tokenizer) => new()
    {
        ["architectures"] = new JsonArray("Qwen2_5_VLForConditionalGeneration"),
        ["model_type"] = "qwen2_5_vl",
        ["bos_token_id"] = tokenizer.Id("<|endoftext|>"),
        ["eos_token_id"] = tokenizer.Id("<|im_end|>"),
        ["vision_start_token_id"] = tokenizer.Id("<|vision_start|>"),
        ["vision_end_token_id"] = tokenizer.Id("<|vision_end|>"),
        ["vision_token_id"] = tokenizer.Id("<|vision_pad|>"),
        ["image_token_id"] = tokenizer.Id("<|image_pad|>"),
        ["video_token_id"] = tokenizer.Id("<|video_pad|>"),
        ["hidden_act"] = "silu",
        ["hidden_size"] = configuration.HiddenSize,
        ["intermediate_size"] = configuration.IntermediateSize,
        ["num_hidden_layers"] = configuration.Layers,
        ["num_attention_heads"] = configuration.Heads,
        ["num_key_value_heads"] = configuration.Heads,
        ["vocab_size"] = tokenizer.Tokenizer.VocabularySize,
        ["tie_word_embeddings"] = true,
        ["rms_norm_eps"] = 1e-6,
        ["rope_theta"] = configuration.RopeTheta,
        ["rope_scaling"] = new JsonObject { ["type"] = "mrope", ["mrope_section"] = new JsonArray([.. configuration.MropeSection.Select(size => JsonValue.Create(size))]) },
        ["max_position_embeddings"] = 32768,
        ["use_sliding_window"] = false,
        ["torch_dtype"] = "float32",
        ["vision_config"] = new JsonObject
        {
            ["depth"] = configuration.VisionDepth,
            ["hidden_act"] = "silu",
            ["hidden_size"] = configuration.VisionHiddenSize,
            ["intermediate_size"] = configuration.VisionIntermediateSize,
            ["num_heads"] = configuration.VisionHeads,
            ["in_chans"] = TinyConfiguration.Channels,
            ["out_hidden_size"] = configuration.HiddenSize,
            ["patch_size"] = TinyConfiguration.PatchSize,
            ["spatial_merge_size"] = TinyConfiguration.SpatialMergeSize,
            ["temporal_patch_size"] = TinyConfiguration.TemporalPatchSize,
            ["window_size"] = TinyConfiguration.PatchSize * TinyConfiguration.SpatialMergeSize,
            ["fullatt_block_indexes"] = new JsonArray(),
            ["tokens_per_second"] = TinyConfiguration.TokensPerSecond,
        },
    };

    private static void WriteJson(string folder, string name, JsonObject value) =>
        AtomicFile.Write(Path.Combine(folder, name), stream => stream.Write(Encoding.UTF8.GetBytes(value.ToJsonString(s_json) + "\n")));
}
