using System.Text;
using System.Text.Json.Nodes;

namespace Microsoft.ML.Score.Models.Qwen25VL;

[TestFixture]
public class Qwen25VLConfigTests
{
    private const string Flat =
        """
        {
          "hidden_size": 2048, "intermediate_size": 11008, "num_hidden_layers": 36, "num_attention_heads": 16, "num_key_value_heads": 2,
          "vocab_size": 151936, "tie_word_embeddings": true, "rms_norm_eps": 1e-06, "rope_theta": 500000.0, "sliding_window": 32768, "use_sliding_window": false,
          "rope_scaling": { "type": "mrope", "mrope_section": [16, 24, 24] }, "image_token_id": 7, "video_token_id": 8, "eos_token_id": 9,
          "vision_config": { "hidden_size": 1280, "out_hidden_size": 2048, "in_chans": 3, "tokens_per_second": 2 }
        }
        """;

    private static readonly string[] s_textKeys =
        ["hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "vocab_size", "tie_word_embeddings", "rms_norm_eps", "rope_theta", "rope_scaling", "eos_token_id"];

    [Test]
    public void Read_EveryLayout_IsTheSame()
    {
        var nested = Nested();
        var version5 = Nested();
        var text = version5["text_config"]!.AsObject();
        text.Remove("rope_theta");
        text.Remove("rope_scaling");
        text["rope_parameters"] = JsonNode.Parse("""{ "rope_theta": 500000.0, "rope_type": "default", "mrope_section": [16, 24, 24] }""");
        version5["vision_config"]!["in_channels"] = 3;
        version5["vision_config"]!.AsObject().Remove("in_chans");
        version5["tie_word_embeddings"] = false;

        var flat = Describe(Read(JsonNode.Parse(Flat)!));

        Assert.That(Describe(Read(nested)), Is.EqualTo(flat));
        Assert.That(Describe(Read(version5)), Is.EqualTo(flat));
        Assert.That(flat, Does.Contain("RopeTheta = 500000").And.Contain("TieWordEmbeddings = True").And.Contain("TokensPerSecond = 2"));
    }

    [Test]
    public void Read_TiedFlagOutsideTheNestedPart_Counts()
    {
        var nested = Nested();
        nested["text_config"]!.AsObject().Remove("tie_word_embeddings");
        nested["tie_word_embeddings"] = true;

        Assert.That(Read(nested).TextConfig.TieWordEmbeddings, Is.True);
    }

    [Test]
    public void Read_MissingKeys_AreTheClassDefaults()
    {
        var config = Read(JsonNode.Parse("""{ "rope_scaling": { "rope_type": "default", "mrope_section": [16, 24, 24] }, "vision_config": { "out_hidden_size": 8192 } }""")!);

        Assert.That((config.TextConfig.HiddenSize, config.TextConfig.IntermediateSize, config.TextConfig.NumHiddenLayers, config.TextConfig.NumKeyValueHeads), Is.EqualTo((8192, 29568, 80, 8)));
        Assert.That((config.TextConfig.VocabSize, config.TextConfig.RmsNormEps, config.TextConfig.RopeTheta, config.TextConfig.TieWordEmbeddings), Is.EqualTo((152064, 1e-5f, 1e6, false)));
        Assert.That((config.VisionConfig.Depth, config.VisionConfig.HiddenSize, config.VisionConfig.IntermediateSize, config.VisionConfig.TokensPerSecond), Is.EqualTo((32, 3584, 3420, 4)));
        Assert.That(config.VisionConfig.FullattBlockIndexes, Is.EqualTo(new[] { 7, 15, 23, 31 }));
        Assert.That((config.ImageTokenId, config.VideoTokenId), Is.EqualTo((151655, 151656)));
    }

    [TestCase("num_hidden_layers", "2000000000", "'num_hidden_layers' must be an integer from 1 to 1024, got 2000000000")]
    [TestCase("hidden_size", "-2048", "'hidden_size'")]
    [TestCase("vocab_size", "151936.5", "'vocab_size'")]
    [TestCase("rope_theta", "1e999", "'rope_theta' must be a positive number, got 1e999")]
    [TestCase("rms_norm_eps", "\"small\"", "'rms_norm_eps'")]
    [TestCase("tie_word_embeddings", "1", "'tie_word_embeddings' must be true or false")]
    [TestCase("use_sliding_window", "true", "use_sliding_window")]
    [TestCase("image_token_id", "[1, 2]", "'image_token_id' must be one token id")]
    [TestCase("rope_scaling", "{ \"type\": \"yarn\", \"mrope_section\": [16, 24, 24] }", "the type 'yarn'")]
    [TestCase("rope_scaling", "{ \"rope_type\": \"linear\", \"mrope_section\": [16, 24, 24] }", "rope_type 'linear'")]
    [TestCase("rope_scaling", "{ \"type\": \"mrope\", \"mrope_section\": [16, 24] }", "mrope_section")]
    [TestCase("rope_scaling", "{ \"type\": \"mrope\", \"mrope_section\": [2147483647, 2147483647, 66] }", "mrope_section")]
    [TestCase("vision_config", "[]", "'vision_config' must be an object")]
    [TestCase("vision_config", "{ \"depth\": 0 }", "'depth'")]
    [TestCase("vision_config", "{ \"patch_size\": 100000 }", "'patch_size' must be an integer from 1 to 256")]
    [TestCase("vision_config", "{ \"out_hidden_size\": 64 }", "out_hidden_size 64 differs from hidden_size 2048")]
    public void Read_OddValue_NamesFileAndKey(string key, string value, string expected)
    {
        var config = JsonNode.Parse(Flat)!;
        config[key] = JsonNode.Parse(value);

        Assert.That(() => Read(config), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith("config.json").And.Message.Contains(expected));
    }

    [Test]
    public void Read_EveryByteChangedAndEveryTruncation_IsAConfigurationOrAnInvalidDataException()
    {
        byte[] replacements = [0, (byte)'"', (byte)'\\', (byte)'9', (byte)'-', (byte)'}', (byte)'e', 0x80, 0xFF];
        var original = Encoding.UTF8.GetBytes(Flat.Replace("\"mrope\"", "\"\\u006drope\""));
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

        static void AssertTyped(byte[] json)
        {
            try
            {
                Assert.That(Qwen25VLConfig.Read(ConfigSection.Parse(json, "config.json")).Tensors(), Is.Not.Empty);
            }
            catch (InvalidDataException exception)
            {
                Assert.That(exception.Message, Does.StartWith("config.json"));
            }
        }
    }

    [TestCase("\"\\ud800\"")]
    [TestCase("\"\xff\"")]
    public void Parse_TextThatIsNoCharacters_Throws(string text)
    {
        var json = Encoding.Latin1.GetBytes($"{{ \"model_type\": {text} }}");

        Assert.That(() => ConfigSection.Parse(json, "config.json"), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith("config.json is not valid JSON"));
    }

    private static JsonObject Nested()
    {
        var config = JsonNode.Parse(Flat)!.AsObject();
        var text = new JsonObject();
        foreach (var key in s_textKeys)
        {
            text[key] = config[key]!.DeepClone();
            config.Remove(key);
        }

        config["text_config"] = text;
        return config;
    }

    private static Qwen25VLConfig Read(JsonNode config) => Qwen25VLConfig.Read(ConfigSection.Parse(Encoding.UTF8.GetBytes(config.ToJsonString()), "config.json"));

    /// <summary>Records compare arrays by reference; their texts and the arrays say all.</summary>
    private static string Describe(Qwen25VLConfig config) =>
        $"{config.TextConfig} {config.VisionConfig} {string.Join(' ', config.MropeSection)} {config.ImageTokenId} {config.VideoTokenId} {string.Join(' ', config.EosTokenId)}";
}
