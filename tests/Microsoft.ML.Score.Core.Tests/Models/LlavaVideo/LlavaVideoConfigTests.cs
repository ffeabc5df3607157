using System.Text;
using System.Text.Json.Nodes;

namespace Microsoft.ML.Score.Models.LlavaVideo;

[TestFixture]
internal sealed class LlavaVideoConfigTests
{
    [Test]
    public void Read_ReleasedKeys_GivesTheReleasedModel()
    {
        var config = Read(Released());

        Assert.That(config.VisionConfig, Is.EqualTo(new SiglipVisionConfig()));
        Assert.That((config.VisionConfig.Patches, config.VisionConfig.HeadDim, config.VisionConfig.UsedLayers), Is.EqualTo((729, 72, 26)));
        Assert.That((config.TextConfig.HeadDim, config.TextConfig.VocabSize, config.TextConfig.RopeTheta), Is.EqualTo((128, 152064, 1e6)));
        Assert.That(config.MmNewlinePosition, Is.EqualTo(NewlinePosition.Grid));
        Assert.That(config.TokenizerModelMaxLength, Is.EqualTo(32768));
    }

    [Test]
    public void Tensors_ReleasedKeys_AreThoseOfTheReleasedModel()
    {
        var tensors = Read(Released()).Tensors();

        Assert.That(tensors, Has.Count.EqualTo(765));
        Assert.That(tensors.Parameters, Is.EqualTo(8_030_348_832));
        Assert.That(tensors["model.vision_tower.vision_tower.vision_model.encoder.layers.25.mlp.fc1.weight"].Shape, Is.EqualTo(new[] { 4304, 1152 }));
        Assert.That(tensors.Contains("model.vision_tower.vision_tower.vision_model.encoder.layers.26.mlp.fc1.weight"), Is.False);
    }

    [TestCase("average", SpatialPoolMode.Average)]
    [TestCase("bilinear", SpatialPoolMode.Bilinear)]
    [TestCase("max", SpatialPoolMode.Max)]
    [TestCase(null, SpatialPoolMode.Bilinear)]
    public void Read_PoolMode_IsThatNamed(string? word, SpatialPoolMode expected) =>
        Assert.That(Read(Released(("mm_spatial_pool_mode", word))).MmSpatialPoolMode, Is.EqualTo(expected));

    [TestCase("grid", NewlinePosition.Grid)]
    [TestCase("frame", NewlinePosition.Frame)]
    [TestCase("one_token", NewlinePosition.OneToken)]
    [TestCase("no_token", NewlinePosition.NoToken)]
    [TestCase(null, NewlinePosition.OneToken)]
    public void Read_NewlinePosition_IsThatNamed(string? word, NewlinePosition expected) =>
        Assert.That(Read(Released(("mm_newline_position", word))).MmNewlinePosition, Is.EqualTo(expected));

    [TestCase("mm_spatial_pool_mode", "median")]
    [TestCase("mm_newline_position", "everywhere")]
    [TestCase("mm_projector_type", "linear")]
    [TestCase("mm_projector_type", null)]
    [TestCase("mm_patch_merge_type", "flat")]
    [TestCase("mm_vision_tower", "openai/clip-vit-large-patch14-336")]
    [TestCase("mm_vision_tower", null)]
    [TestCase("mm_hidden_size", 1024)]
    [TestCase("add_faster_video", true)]
    [TestCase("mm_use_im_start_end", true)]
    [TestCase("tokenizer_model_max_length", 0)]
    [TestCase("tiny_vision", 3)]
    public void Read_UnsupportedValue_NamesKeyAndValue(string key, object? value) => Assert.That(
        () => Read(Released((key, value))),
        Throws.TypeOf<InvalidDataException>().With.Message.Contains(key).And.Message.Contains(value is bool ? "true" : value?.ToString() ?? ""));

    [TestCase("num_attention_heads", 5)]
    [TestCase("num_hidden_layers", 1)]
    [TestCase("num_channels", 1)]
    [TestCase("image_size", 27)]
    [TestCase("image_size", 5000)]
    [TestCase("patch_size", 257)]
    [TestCase("num_hidden_layers", 2000)]
    [TestCase("hidden_act", "silu")]
    public void Read_UnsupportedTower_NamesKeyAndValue(string key, object value) => Assert.That(
        () => Read(Released(("tiny_vision", new JsonObject { [key] = JsonValue.Create(value) }))),
        Throws.TypeOf<InvalidDataException>().With.Message.Contains(key).And.Message.Contains(value.ToString()!));

    [Test]
    public void Read_EveryByteChangedAndEveryTruncation_IsAConfigurationOrAnInvalidDataException()
    {
        byte[] replacements = [0, (byte)'"', (byte)'\\', (byte)'9', (byte)'-', (byte)'}', (byte)'e', 0x80, 0xFF];
        var tower = new JsonObject { ["hidden_size"] = 72, ["num_hidden_layers"] = 3, ["num_attention_heads"] = 2, ["image_size"] = 55, ["patch_size"] = 2, ["layer_norm_eps"] = 1e-6 };
        var original = Encoding.UTF8.GetBytes(Released(("tiny_vision", tower), ("mm_hidden_size", 72)).ToJsonString());
        var damaged = Enumerable.Range(0, original.Length).SelectMany(i => replacements.Select(value => (byte[])[.. original[..i], value, .. original[(i + 1)..]]).Prepend(original[..i]));

        foreach (var json in damaged)
        {
            try
            {
                Assert.That(LlavaVideoConfig.Read(ConfigSection.Parse(json, "config.json")).Tensors(), Is.Not.Empty);
            }
            catch (InvalidDataException exception)
            {
                Assert.That(exception.Message, Does.StartWith("config.json"));
            }
        }
    }

    private static LlavaVideoConfig Read(JsonObject json) => LlavaVideoConfig.Read(ConfigSection.Parse(Encoding.UTF8.GetBytes(json.ToJsonString()), "config.json"));

    private static JsonObject Released(params (string Key, object? Value)[] changes)
    {
        var json = JsonNode.Parse(
            """
            {
              "model_type": "llava_qwen", "hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28, "num_attention_heads": 28,
              "num_key_value_heads": 4, "vocab_size": 152064, "rms_norm_eps": 1e-06, "rope_theta": 1000000.0, "rope_scaling": null,
              "mm_vision_tower": "google/siglip-so400m-patch14-384", "mm_hidden_size": 1152, "mm_projector_type": "mlp2x_gelu",
              "mm_patch_merge_type": "spatial_unpad", "mm_newline_position": "grid", "mm_spatial_pool_stride": 2, "tokenizer_model_max_length": 32768
            }
            """)!.AsObject();
        foreach (var (key, value) in changes)
            json[key] = value as JsonNode ?? JsonValue.Create(value);
        return json;
    }
}
