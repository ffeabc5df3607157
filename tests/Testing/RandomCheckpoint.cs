using System.Text.Json.Nodes;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Testing;

/// <summary>
/// A folder with a small Qwen2.5-VL checkpoint of random weights: one merged token a window, no full-attention blocks, tied embeddings, as
/// the embedded model has them. Deleted on dispose.
/// </summary>
public sealed class RandomCheckpoint : IDisposable
{
    private const int Hidden = 64, Intermediate = 192, Layers = 3, Vision = 32, VisionIntermediate = 64, VisionDepth = 2, Patch = 4;

    private readonly Random _random = new(1);

    public RandomCheckpoint()
    {
        Folder = Directory.CreateTempSubdirectory("score-checkpoint").FullName;
        ByteTokenizer.Write(Folder);
        Config = CreateConfig();
        WriteConfig();
        Write("generation_config.json", new JsonObject { ["eos_token_id"] = new JsonArray(ByteTokenizer.EndOfTurn, ByteTokenizer.EndOfText) });
        Write("video_preprocessor_config.json", new JsonObject
        {
            ["min_pixels"] = 16 * 16,
            ["max_pixels"] = 96 * 96,
            ["patch_size"] = Patch,
            ["temporal_patch_size"] = 2,
            ["merge_size"] = 2,
        });
        SafetensorsWriter.Write(Path.Combine(Folder, "model.safetensors"), [.. Tensors()]);
    }

    public string Folder { get; }

    /// <summary>config.json; after a change, <see cref="WriteConfig"/>.</summary>
    public JsonObject Config { get; }

    public void WriteConfig() => Write("config.json", Config);

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private JsonObject CreateConfig() => new()
    {
        ["model_type"] = "qwen2_5_vl",
        ["image_token_id"] = ByteTokenizer.ImagePad,
        ["video_token_id"] = ByteTokenizer.VideoPad,
        ["hidden_size"] = Hidden,
        ["intermediate_size"] = Intermediate,
        ["num_hidden_layers"] = Layers,
        ["num_attention_heads"] = 4,
        ["num_key_value_heads"] = 4,
        ["vocab_size"] = ByteTokenizer.VocabularySize,
        ["tie_word_embeddings"] = true,
        ["rope_theta"] = 12,
        ["rope_scaling"] = new JsonObject { ["type"] = "mrope", ["mrope_section"] = new JsonArray(4, 2, 2) },
        ["vision_config"] = new JsonObject
        {
            ["depth"] = VisionDepth,
            ["hidden_size"] = Vision,
            ["intermediate_size"] = VisionIntermediate,
            ["num_heads"] = 2,
            ["out_hidden_size"] = Hidden,
            ["patch_size"] = Patch,
            ["window_size"] = 2 * Patch,
            ["fullatt_block_indexes"] = new JsonArray(),
            ["tokens_per_second"] = 1,
        },
    };

    private IEnumerable<TensorData> Tensors()
    {
        yield return Tensor("visual.patch_embed.proj.weight", Vision, 3, 2, Patch, Patch);
        for (var i = 0; i < VisionDepth; i++)
        {
            var block = $"visual.blocks.{i}";
            yield return Tensor($"{block}.norm1.weight", Vision);
            yield return Tensor($"{block}.norm2.weight", Vision);
            foreach (var tensor in Linear($"{block}.attn.qkv", 3 * Vision, Vision).Concat(Linear($"{block}.attn.proj", Vision, Vision))
                .Concat(Linear($"{block}.mlp.gate_proj", VisionIntermediate, Vision)).Concat(Linear($"{block}.mlp.up_proj", VisionIntermediate, Vision))
                .Concat(Linear($"{block}.mlp.down_proj", Vision, VisionIntermediate)))
                yield return tensor;
        }

        yield return Tensor("visual.merger.ln_q.weight", Vision);
        foreach (var tensor in Linear("visual.merger.mlp.0", 4 * Vision, 4 * Vision).Concat(Linear("visual.merger.mlp.2", Hidden, 4 * Vision)))
            yield return tensor;
        yield return Tensor("model.embed_tokens.weight", ByteTokenizer.VocabularySize, Hidden);
        for (var i = 0; i < Layers; i++)
        {
            var layer = $"model.layers.{i}";
            yield return Tensor($"{layer}.input_layernorm.weight", Hidden);
            yield return Tensor($"{layer}.post_attention_layernorm.weight", Hidden);
            foreach (var name in (string[])["q", "k", "v"])
                foreach (var tensor in Linear($"{layer}.self_attn.{name}_proj", Hidden, Hidden))
                    yield return tensor;
            yield return Tensor($"{layer}.self_attn.o_proj.weight", Hidden, Hidden);
            yield return Tensor($"{layer}.mlp.gate_proj.weight", Intermediate, Hidden);
            yield return Tensor($"{layer}.mlp.up_proj.weight", Intermediate, Hidden);
            yield return Tensor($"{layer}.mlp.down_proj.weight", Hidden, Intermediate);
        }

        yield return Tensor("model.norm.weight", Hidden);
    }

    private IEnumerable<TensorData> Linear(string name, int output, int input) =>
        [Tensor($"{name}.weight", output, input), Tensor($"{name}.bias", output)];

    private TensorData Tensor(string name, params int[] shape)
    {
        var count = shape.Aggregate(1, (product, length) => product * length);
        var scale = shape.Length == 1 ? 1 : 3 / Math.Sqrt(shape[^1]);
        return TensorData.FromSingle(name, shape, [.. Enumerable.Range(0, count).Select(_ => (float)((_random.NextDouble() * 2 - 1) * scale))]);
    }

    private void Write(string name, JsonObject value) => File.WriteAllText(Path.Combine(Folder, name), value.ToJsonString());
}
