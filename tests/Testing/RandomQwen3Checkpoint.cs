using System.Text;
using System.Text.Json.Nodes;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Models.Qwen3VL;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Testing;

/// <summary>
/// A Qwen3-VL checkpoint of random weights in a temporary folder: patches of 4x4 pixels, two DeepStack levels on three decoder layers, heads that do
/// not make up the hidden size, a tokenizer of bytes.
/// </summary>
public sealed class RandomQwen3Checkpoint : IDisposable
{
    public const int Hidden = 32, Levels = 2, ImagePad = ByteTokenizer.ImagePad, VideoPad = ByteTokenizer.VideoPad;

    private readonly Random _random = new(1);

    public RandomQwen3Checkpoint()
    {
        Folder = Directory.CreateTempSubdirectory("score-qwen3").FullName;
        ByteTokenizer.Write(Folder);
        Config = CreateConfig();
        WriteConfig();
        Write("video_preprocessor_config.json", new JsonObject
        {
            ["size"] = new JsonObject { ["shortest_edge"] = 64, ["longest_edge"] = 24_000 },
            ["patch_size"] = 4,
            ["temporal_patch_size"] = 2,
            ["merge_size"] = 2,
        });
        var config = Qwen3VLConfig.Read(ConfigSection.Parse(Encoding.UTF8.GetBytes(Config.ToJsonString()), "config.json"));
        SafetensorsWriter.Write(Path.Combine(Folder, "model.safetensors"), [.. config.Tensors().Select(tensor => Tensor(tensor.Name, tensor.Shape))]);
    }

    public string Folder { get; }

    /// <summary>config.json; after a change, <see cref="WriteConfig"/>.</summary>
    public JsonObject Config { get; }

    public void WriteConfig() => Write("config.json", Config);

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static JsonObject CreateConfig() => new()
    {
        ["architectures"] = new JsonArray("Qwen3VLForConditionalGeneration"),
        ["model_type"] = "qwen3_vl",
        ["image_token_id"] = ImagePad,
        ["video_token_id"] = VideoPad,
        ["tie_word_embeddings"] = true,
        ["text_config"] = new JsonObject
        {
            ["hidden_size"] = Hidden,
            ["intermediate_size"] = 48,
            ["num_hidden_layers"] = 3,
            ["num_attention_heads"] = 4,
            ["num_key_value_heads"] = 2,
            ["head_dim"] = 12,
            ["vocab_size"] = ByteTokenizer.VocabularySize,
            ["eos_token_id"] = ByteTokenizer.EndOfTurn,
            ["rope_theta"] = 5_000_000,
            ["rope_scaling"] = new JsonObject { ["rope_type"] = "default", ["mrope_interleaved"] = true, ["mrope_section"] = new JsonArray(2, 2, 2) },
        },
        ["vision_config"] = new JsonObject
        {
            ["depth"] = 3,
            ["hidden_size"] = 16,
            ["intermediate_size"] = 24,
            ["num_heads"] = 2,
            ["out_hidden_size"] = Hidden,
            ["patch_size"] = 4,
            ["num_position_embeddings"] = 25,
            ["deepstack_visual_indexes"] = new JsonArray(0, 1),
            ["hidden_act"] = "gelu_pytorch_tanh",
        },
    };

    private TensorData Tensor(string name, int[] shape)
    {
        var count = shape.Aggregate(1, (product, length) => product * length);
        var scale = shape.Length == 1 ? 1 : 3 / Math.Sqrt(shape[^1]);
        return TensorData.FromSingle(name, shape, [.. Enumerable.Range(0, count).Select(_ => (float)((_random.NextDouble() * 2 - 1) * scale))]);
    }

    private void Write(string name, JsonObject value) => File.WriteAllText(Path.Combine(Folder, name), value.ToJsonString());
}
