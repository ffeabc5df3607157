using System.Text;
using System.Text.Json.Nodes;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Models.LlavaVideo;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Text;

namespace Microsoft.ML.Score.Testing;

/// <summary>
/// A LLaVA-Video checkpoint of random weights in a temporary folder: 5x5 tokens a frame before pooling, a tokenizer of bytes, and more rows
/// of embeddings than tokens.
/// </summary>
public sealed class RandomLlavaCheckpoint : IDisposable
{
    public const int Hidden = 32, ImageSize = 21;

    private readonly Random _random = new(1);

    public RandomLlavaCheckpoint(params (string Key, JsonNode Value)[] changes)
    {
        Folder = Directory.CreateTempSubdirectory("score-llava").FullName;
        string[] special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];
        TokenizerWriter.Write(Folder, BytePairVocabulary.FromMerges([]), [.. special.Select((content, i) => new AddedToken(content, 256 + i, Special: true))]);
        var config = CreateConfig();
        foreach (var (key, value) in changes)
            config[key] = value;
        File.WriteAllText(Path.Combine(Folder, "config.json"), config.ToJsonString());
        Config = LlavaVideoConfig.Read(ConfigSection.Parse(Encoding.UTF8.GetBytes(config.ToJsonString()), "config.json"));
        SafetensorsWriter.Write(Path.Combine(Folder, "model.safetensors"), [.. Config.Tensors().Select(tensor => Tensor(tensor.Name, tensor.Shape))]);
    }

    public string Folder { get; }

    internal LlavaVideoConfig Config { get; }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static JsonObject CreateConfig() => new()
    {
        ["architectures"] = new JsonArray("LlavaQwenForCausalLM"),
        ["model_type"] = "llava_qwen",
        ["hidden_size"] = Hidden,
        ["intermediate_size"] = 48,
        ["num_hidden_layers"] = 2,
        ["num_attention_heads"] = 4,
        ["num_key_value_heads"] = 2,
        ["vocab_size"] = 272,
        ["rope_theta"] = 1000,
        ["eos_token_id"] = 258,
        ["mm_vision_tower"] = "google/siglip-random",
        ["mm_projector_type"] = "mlp2x_gelu",
        ["mm_patch_merge_type"] = "spatial_unpad",
        ["mm_newline_position"] = "grid",
        ["mm_spatial_pool_mode"] = "bilinear",
        ["tiny_vision"] = new JsonObject
        {
            ["hidden_size"] = 24,
            ["intermediate_size"] = 40,
            ["num_hidden_layers"] = 3,
            ["num_attention_heads"] = 2,
            ["image_size"] = ImageSize,
            ["patch_size"] = 4,
        },
    };

    private TensorData Tensor(string name, int[] shape)
    {
        var count = shape.Aggregate(1, (product, length) => product * length);
        var scale = shape.Length == 1 ? 1 : 3 / Math.Sqrt(count / shape[0]);
        return TensorData.FromSingle(name, [.. shape], [.. Enumerable.Range(0, count).Select(_ => (float)((_random.NextDouble() * 2 - 1) * scale))]);
    }
}
