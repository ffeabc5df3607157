using System.Text;
using Microsoft.ML.Score.Models.LlavaVideo;
using Microsoft.ML.Score.Models.Qwen25VL;
using Microsoft.ML.Score.Models.Qwen3VL;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Models.Loading;

[TestFixture]
public class ForwardWorkTests
{
    // The sizes of Qwen2.5-VL-7B-Instruct.
    private const string Qwen7B = """
        {"hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28, "num_attention_heads": 28, "num_key_value_heads": 4, "vocab_size": 152064, "rope_theta": 1000000,
         "rope_scaling": {"type": "mrope", "mrope_section": [16, 24, 24]},
         "vision_config": {"depth": 32, "hidden_size": 1280, "intermediate_size": 3420, "num_heads": 16, "out_hidden_size": 3584, "window_size": 112, "fullatt_block_indexes": FULL}}
        """;

    private static Qwen25VLConfig Qwen(string full = "[7, 15, 23, 31]") => Qwen25VLConfig.Read(Section(Qwen7B.Replace("FULL", full, StringComparison.Ordinal)));

    /// <summary>By hand: keys and values 205,520,896, the other projections 12,845,056,000, one pair a layer 401,408, logits 1,089,994,752; nearly twice the 7.07e9 weights.</summary>
    [Test]
    public void Decoding_OneTokenOf7B_IsTwiceItsWeights() => Assert.That(ForwardWork.Decoding(Qwen().TextConfig, 0, 1, 1), Is.EqualTo(14_140_973_056));

    /// <summary>By hand: 205,520,896,000 + 27,001 x 458,752,000 + (27 x 500,500 + 1000) x 14,336 + 1,089,994,752.</summary>
    [Test]
    public void Decoding_PromptOf7B_LeavesRowsWithoutOutputOutOfTheLastLayer() =>
        Assert.That(ForwardWork.Decoding(Qwen().TextConfig, 0, 1000, 1), Is.EqualTo(12_787_117_514_752));

    /// <summary>By hand for 8 x 12 tokens: patches 1,156,055,040, linear layers 483,812,966,400, attention 6,543,114,240, merger 8,556,380,160.</summary>
    [Test]
    public void Encoding_StepOf7B_IsTheHandComputedNumber() => Assert.That(ForwardWork.Encoding(Qwen(), new TokenGrid(1, 8, 12)), Is.EqualTo(500_068_515_840));

    /// <summary>By hand for 2 x 2 tokens, three levels of DeepStack: 56,623,104 + 13,154,254,848 + 31,850,496 + 4 x 320,864,256.</summary>
    [Test]
    public void Encoding_StepOfQwen3_CountsTheMergersOfDeepStack()
    {
        var config = Qwen3VLConfig.Read(Section("""
            {"text_config": {"hidden_size": 4096, "intermediate_size": 12288, "num_hidden_layers": 36, "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 151936,
              "rope_theta": 5000000, "rope_scaling": {"rope_type": "default", "mrope_interleaved": true, "mrope_section": [24, 20, 20]}},
             "vision_config": {"depth": 27, "hidden_size": 1152, "intermediate_size": 4304, "num_heads": 16, "out_hidden_size": 4096, "deepstack_visual_indexes": [8, 16, 24]}}
            """));

        Assert.That(ForwardWork.Encoding(config, new TokenGrid(1, 2, 2)), Is.EqualTo(14_526_185_472));
    }

    /// <summary>By hand a frame: 987,614,208 + 26 x 24,646,685,184 + 24,747,835,392; the projector sees 729 tokens, of which pooling leaves 196.</summary>
    [Test]
    public void Encoding_FramesOfLlavaVideo7B_ProjectsBeforePooling()
    {
        var config = LlavaVideoConfig.Read(Section("""
            {"hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28, "num_attention_heads": 28, "num_key_value_heads": 4, "vocab_size": 152064,
             "mm_vision_tower": "google/siglip-so400m-patch14-384", "mm_projector_type": "mlp2x_gelu", "mm_patch_merge_type": "spatial_unpad"}
            """));

        Assert.That(ForwardWork.Encoding(config, new TokenGrid(2, 14, 14)), Is.EqualTo(2 * 666_549_264_384));
    }

    /// <summary>What attention sees is what the tower itself lays out.</summary>
    [TestCase(1, 4, 4)]
    [TestCase(2, 5, 6)]
    [TestCase(3, 3, 9)]
    public void Encoding_WindowsCutByTheEdge_AreThoseOfTheTower(int steps, int height, int width)
    {
        var (windowed, whole) = (Qwen("[]"), Qwen($"[{string.Join(", ", Enumerable.Range(0, 32))}]"));
        var grid = new TokenGrid(steps, height, width);
        var layout = new VisionLayout(windowed.VisionConfig, [windowed.PatchGridOf(grid)]);

        var difference = ForwardWork.Encoding(whole, grid) - ForwardWork.Encoding(windowed, grid);

        var pairs = layout.StepSegments.Sum(segment => Math.Pow(segment.QueryCount, 2)) - layout.WindowSegments.Sum(segment => Math.Pow(segment.QueryCount, 2));
        Assert.That(difference, Is.EqualTo(32 * pairs * 4 * 1280));
    }

    /// <summary>A prompt in two passes takes what it takes in one, and an answer what its tokens take each.</summary>
    [Test]
    public void Decoding_InParts_AddsUp()
    {
        var config = Qwen().TextConfig;

        Assert.That(ForwardWork.Decoding(config, 0, 70, 70) + ForwardWork.Decoding(config, 70, 30, 30), Is.EqualTo(ForwardWork.Decoding(config, 0, 100, 100)));
        Assert.That(ForwardWork.Generation(config, 100, 4), Is.EqualTo(ForwardWork.Decoding(config, 100, 3, 3)));
        Assert.That(ForwardWork.Generation(config, 100, 1), Is.Zero, "the prompt's pass gives the first token");
    }

    private static ConfigSection Section(string json) => ConfigSection.Parse(Encoding.UTF8.GetBytes(json), "config.json");
}
