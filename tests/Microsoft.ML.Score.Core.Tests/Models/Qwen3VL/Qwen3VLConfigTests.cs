using System.Text;
using System.Text.Json.Nodes;

namespace Microsoft.ML.Score.Models.Qwen3VL;

[TestFixture]
public class Qwen3VLConfigTests
{
    private const string Json =
        """
        {
          "model_type": "qwen3_vl", "image_token_id": 7, "video_token_id": 8, "tie_word_embeddings": true,
          "text_config": {
            "hidden_size": 2560, "intermediate_size": 9728, "num_hidden_layers": 36, "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128,
            "vocab_size": 151936, "rms_norm_eps": 1e-06, "rope_theta": 5000000, "attention_bias": false, "eos_token_id": 9, "hidden_act": "silu",
            "rope_scaling": { "rope_type": "default", "mrope_interleaved": true, "mrope_section": [24, 20, 20] }
          },
          "vision_config": {
            "depth": 24, "hidden_size": 1024, "intermediate_size": 4096, "num_heads": 16, "out_hidden_size": 2560, "num_position_embeddings": 2304,
            "deepstack_visual_indexes": [5, 11, 17], "hidden_act": "gelu_pytorch_tanh"
          }
        }
        """;

    [Test]
    public void Read_SpellingOfTransformers5_IsTheSame()
    {
        var version5 = JsonNode.Parse(Json)!;
        var text = version5["text_config"]!.AsObject();
        text.Remove("rope_theta");
        text.Remove("rope_scaling");
        text["rope_parameters"] = JsonNode.Parse("""{ "rope_theta": 5000000, "rope_type": "default", "mrope_section": [24, 20, 20] }""");

        var (old, read) = (Read(JsonNode.Parse(Json)!), Read(version5));

        Assert.That((read.TextConfig with { MropeSection = null }).ToString(), Is.EqualTo((old.TextConfig with { MropeSection = null }).ToString()));
        Assert.That(read.MropeAxes(), Is.EqualTo(old.MropeAxes()));
        Assert.That((old.TextConfig.RopeTheta, old.TextConfig.HeadDim, old.TextConfig.QuerySize, old.TextConfig.TieWordEmbeddings), Is.EqualTo((5e6, 128, 4096, true)));
        Assert.That((old.ImageTokenId, old.VideoTokenId, old.EosTokenId[0], old.DeepStackLevels), Is.EqualTo((7, 8, 9, 3)));
    }

    [Test]
    public void Read_MissingKeys_AreTheClassDefaults()
    {
        var config = Read(JsonNode.Parse("""{ "text_config": { "hidden_size": 3584, "rope_theta": 5e6 }, "vision_config": {} }""")!);

        Assert.That((config.TextConfig.HeadDim, config.TextConfig.RmsNormEps, config.TextConfig.VocabSize), Is.EqualTo((128, 1e-6f, 151936)));
        Assert.That(config.TextConfig.MropeSection, Is.EqualTo(new[] { 24, 20, 20 }));
        Assert.That((config.VisionConfig.Depth, config.VisionConfig.HiddenSize, config.VisionConfig.IntermediateSize, config.VisionConfig.NumHeads, config.VisionConfig.PatchSize, config.VisionConfig.PositionSide), Is.EqualTo((27, 1152, 4304, 16, 16, 48)));
        Assert.That(config.VisionConfig.DeepStackVisualIndexes, Is.EqualTo(new[] { 8, 16, 24 }));
        Assert.That((config.ImageTokenId, config.VideoTokenId), Is.EqualTo((151655, 151656)));
    }

    /// <summary>Of the released sections the specification lists the frequencies one by one.</summary>
    [Test]
    public void MropeAxes_ReleasedSections_AlternateAsFarAsTheyReach()
    {
        var axes = Read(JsonNode.Parse(Json)!).MropeAxes();

        Assert.That(Enumerable.Range(0, 64).Where(k => axes[k] == 1), Is.EqualTo(Enumerable.Range(0, 20).Select(i => 1 + 3 * i)));
        Assert.That(Enumerable.Range(0, 64).Where(k => axes[k] == 2), Is.EqualTo(Enumerable.Range(0, 20).Select(i => 2 + 3 * i)));
        Assert.That(axes[60..], Is.EqualTo(new[] { 0, 0, 0, 0 }));
    }

    [TestCase("text_config", "num_hidden_layers", "2000000000", "'num_hidden_layers' must be an integer from 1 to 1024, got 2000000000")]
    [TestCase("text_config", "num_hidden_layers", "2", "names 3 blocks for 2 decoder layers")]
    [TestCase("text_config", "head_dim", "127", "head_dim 127 must be even")]
    [TestCase("text_config", "head_dim", "64", "mrope_section must be three numbers that sum to half of the head dimension 64")]
    [TestCase("text_config", "num_key_value_heads", "3", "num_key_value_heads 3")]
    [TestCase("text_config", "attention_bias", "true", "attention_bias")]
    [TestCase("text_config", "hidden_act", "\"gelu\"", "hidden_act 'gelu'")]
    [TestCase("text_config", "rope_theta", "null", "names no rope_theta")]
    [TestCase("text_config", "rope_scaling", """{ "rope_type": "yarn", "factor": 4, "mrope_section": [24, 20, 20] }""", "rope_type 'yarn'")]
    [TestCase("text_config", "rope_scaling", """{ "rope_type": "mrope", "mrope_section": [24, 20, 20] }""", "rope_type 'mrope'")]
    [TestCase("text_config", "rope_scaling", """{ "mrope_interleaved": false, "mrope_section": [24, 20, 20] }""", "mrope_interleaved")]
    [TestCase("text_config", "rope_scaling", """{ "mrope_section": [24, 20] }""", "mrope_section")]
    [TestCase("text_config", "rope_scaling", """{ "mrope_section": [2147483647, 2147483647, 66] }""", "mrope_section")]
    [TestCase("vision_config", "hidden_act", "\"gelu\"", "vision hidden_act 'gelu'")]
    [TestCase("vision_config", "hidden_size", "1000", "hidden_size 1000 must be a multiple of four times num_heads 16")]
    [TestCase("vision_config", "num_position_embeddings", "2305", "num_position_embeddings 2305 must be a square")]
    [TestCase("vision_config", "deepstack_visual_indexes", "[5, 5]", "must ascend within 0..23")]
    [TestCase("vision_config", "deepstack_visual_indexes", "[11, 5]", "must ascend within 0..23")]
    [TestCase("vision_config", "deepstack_visual_indexes", "[24]", "must ascend within 0..23")]
    [TestCase("vision_config", "out_hidden_size", "64", "out_hidden_size 64 differs from hidden_size 2560")]
    public void Read_OddValue_NamesFileAndKey(string section, string key, string value, string expected)
    {
        var config = JsonNode.Parse(Json)!;
        config[section]![key] = JsonNode.Parse(value);

        Assert.That(() => Read(config), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith("config.json").And.Message.Contains(expected));
    }

    [TestCase("text_config")]
    [TestCase("vision_config")]
    public void Read_MissingSection_NamesIt(string section)
    {
        var config = JsonNode.Parse(Json)!.AsObject();
        config.Remove(section);

        Assert.That(() => Read(config), Throws.TypeOf<InvalidDataException>().With.Message.Contains($"lacks '{section}'"));
    }

    [Test]
    public void Read_EveryByteChangedAndEveryTruncation_IsAConfigurationOrAnInvalidDataException()
    {
        byte[] replacements = [0, (byte)'"', (byte)'\\', (byte)'9', (byte)'-', (byte)'}', (byte)'e', 0x80, 0xFF];
        var original = Encoding.UTF8.GetBytes(Json.Replace("\"depth\": 24", "\"depth\": 3").Replace("[5, 11, 17]", "[0, 1, 2]").Replace("36", "3"));
        var refused = 0;
        for (var i = 0; i < original.Length; i++)
        {
            AssertTyped(original[..i]);
            foreach (var value in replacements)
            {
                var changed = original.ToArray();
                changed[i] = value;
                AssertTyped(changed);
            }
        }

        Assert.That(refused, Is.GreaterThan(original.Length));

        void AssertTyped(byte[] json)
        {
            try
            {
                var config = Qwen3VLConfig.Read(ConfigSection.Parse(json, "config.json"));
                Assert.That((config.Tensors().Count > 0, config.MropeAxes().Length), Is.EqualTo((true, config.TextConfig.HeadDim / 2)));
            }
            catch (InvalidDataException exception)
            {
                refused++;
                Assert.That(exception.Message, Does.StartWith("config.json"));
            }
        }
    }

    private static Qwen3VLConfig Read(JsonNode config) => Qwen3VLConfig.Read(ConfigSection.Parse(Encoding.UTF8.GetBytes(config.ToJsonString()), "config.json"));
}
