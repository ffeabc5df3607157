using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.Score.Models;

namespace Score.Mutations;

/// <summary>The files of Hugging Face checkpoints, damaged one at a time, through the door that users take.</summary>
internal sealed class CheckpointFormats : IDisposable
{
    private const string Pattern = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string Processor =
        """{"patch_size":4,"temporal_patch_size":2,"merge_size":2,"min_pixels":256,"max_pixels":9216,"image_mean":[0.5,0.4,0.3],"image_std":[0.2,0.2,0.2],"do_resize":true,"resample":3}""";

    private readonly RandomCheckpoint _qwen = new();
    private readonly RandomCheckpoint _sharded = new();
    private readonly RandomCheckpoint _fast = new();
    private readonly RandomCheckpoint _nested = new();
    private readonly RandomLlavaCheckpoint _llava = new();

    public IEnumerable<MutatedFormat> All()
    {
        File.WriteAllText(Path.Combine(_qwen.Folder, "preprocessor_config.json"), Processor);
        File.WriteAllText(Path.Combine(_qwen.Folder, "added_tokens.json"), """{"<|im_end|>": 258}""");
        File.WriteAllText(Path.Combine(_qwen.Folder, "special_tokens_map.json"), """{"eos_token": {"content": "<|im_end|>"}, "additional_special_tokens": ["<|im_start|>"]}""");
        foreach (var name in (string[])["config.json", "generation_config.json", "preprocessor_config.json", "video_preprocessor_config.json",
            "vocab.json", "tokenizer_config.json", "added_tokens.json", "special_tokens_map.json", "merges.txt"])
            yield return Of(_qwen.Folder, name);

        Nest();
        yield return Of(_nested.Folder, "processor_config.json");
        WriteTokenizerJson();
        yield return Of(_fast.Folder, "tokenizer.json");
        yield return Of(_llava.Folder, "config.json", "llava ");
        Shard();
        yield return Of(_sharded.Folder, "model.safetensors.index.json");

        // Past the header stand values, of which every one is allowed.
        var header = Of(_qwen.Folder, "model.safetensors");
        yield return header with { DamagedBytes = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(header.Bytes) };
    }

    public void Dispose()
    {
        foreach (var checkpoint in (IDisposable[])[_qwen, _sharded, _fast, _nested, _llava])
            checkpoint.Dispose();
    }

    private static MutatedFormat Of(string folder, string name, string prefix = "") =>
        MutatedFormat.Of($"checkpoint {prefix}{name}", Path.Combine(folder, name), () => VideoModel.Load(folder).Dispose());

    /// <summary>One file of shards, which the index names tensor by tensor.</summary>
    private void Shard()
    {
        const string shard = "model-00001-of-00001.safetensors";
        var whole = Path.Combine(_sharded.Folder, "model.safetensors");
        var bytes = File.ReadAllBytes(whole);
        var header = JsonNode.Parse(bytes.AsSpan(8, (int)BinaryPrimitives.ReadInt64LittleEndian(bytes)))!.AsObject();
        File.Move(whole, Path.Combine(_sharded.Folder, shard));
        var map = new JsonObject(header.Where(tensor => tensor.Key != "__metadata__").Select(tensor => KeyValuePair.Create(tensor.Key, (JsonNode?)JsonValue.Create(shard))));
        File.WriteAllText(Path.Combine(_sharded.Folder, "model.safetensors.index.json"), new JsonObject { ["metadata"] = new JsonObject { ["total_size"] = bytes.Length }, ["weight_map"] = map }.ToJsonString());
    }

    /// <summary>The settings of both processors in one file, as transformers 5 saves them.</summary>
    private void Nest()
    {
        File.Delete(Path.Combine(_nested.Folder, "video_preprocessor_config.json"));
        File.WriteAllText(Path.Combine(_nested.Folder, "processor_config.json"), $$"""{"processor_class":"Qwen2_5_VLProcessor","image_processor":{{Processor}},"video_processor":{{Processor}}}""");
    }

    private void WriteTokenizerJson()
    {
        var folder = _fast.Folder;
        var vocabulary = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "vocab.json")))!;
        var added = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "tokenizer_config.json")))!["added_tokens_decoder"]!.AsObject()
            .Select(token => (JsonNode)new JsonObject { ["id"] = int.Parse(token.Key, System.Globalization.CultureInfo.InvariantCulture), ["content"] = token.Value!["content"]!.DeepClone(), ["special"] = true });
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray([.. added]),
            ["normalizer"] = new JsonObject { ["type"] = "NFC" },
            ["pre_tokenizer"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["pretokenizers"] = new JsonArray(
                    new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = Pattern }, ["behavior"] = "Isolated", ["invert"] = false },
                    new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["use_regex"] = false }),
            },
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = vocabulary.DeepClone(), ["merges"] = new JsonArray() },
        }.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }), new UTF8Encoding(false));
        File.Delete(Path.Combine(folder, "vocab.json"));
        File.Delete(Path.Combine(folder, "merges.txt"));
    }
}
