using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Microsoft.ML.Score.Models.LlavaVideo;

[TestFixture]
public class LlavaVideoPromptTests
{
    [Test]
    public void FrameTimes_GoldenSamplings_GivesTheSameText()
    {
        using (Assert.EnterMultipleScope())
            foreach (var golden in ReadGoldens().GetProperty("frame_sampling").EnumerateArray())
            {
                // One frame a second is every step-th, counted as whole seconds; what is too many then is spread uniformly instead.
                var rate = golden.GetProperty("avg_fps").GetDouble();
                var step = Math.Round(rate);
                var uniform = golden.GetProperty("force_sample").GetBoolean() || Math.Ceiling(golden.GetProperty("total_frames").GetInt32() / step) > golden.GetProperty("max_frames").GetInt32();
                double[] times = [.. golden.GetProperty("frame_idx").EnumerateArray().Select(index => index.GetInt32() / (uniform ? rate : step))];
                Assert.That(LlavaVideoPrompt.FrameTimes(times), Is.EqualTo(golden.GetProperty("frame_time").GetString()));
            }
    }

    [TestCase("docs_style_no_newline_after_image", true, false)]
    [TestCase("training_and_lmms_eval_style", true, true)]
    [TestCase("lmms_eval_no_time_instruction_mcq", false, true)]
    public void AfterVideo_GoldenPrompt_GivesTheSameText(string name, bool timed, bool newLine)
    {
        var goldens = ReadGoldens();
        var sampling = goldens.GetProperty("frame_sampling")[1];
        double[] times = [.. sampling.GetProperty("frame_idx").EnumerateArray().Select(index => index.GetInt32() / 30.0)];
        var instruction = timed ? LlavaVideoPrompt.TimeInstruction(sampling.GetProperty("video_time").GetDouble(), times) : null;
        var golden = goldens.GetProperty("prompts").EnumerateArray().Single(prompt => prompt.GetProperty("name").GetString() == name);
        var question = timed ? "Please describe this video in detail." : golden.GetProperty("question").GetString()!["<image>\n".Length..];

        Assert.That(
            LlavaVideoPrompt.BeforeVideo + "<image>" + LlavaVideoPrompt.AfterVideo(question, instruction, newLine),
            Is.EqualTo(golden.GetProperty("prompt").GetString()));
    }

    [TestCase(0.125, "0.12s")]
    [TestCase(0.375, "0.38s")]
    [TestCase(0.625, "0.62s")]
    [TestCase(0.005, "0.01s")]
    [TestCase(1.005, "1.00s")]
    [TestCase(2.675, "2.67s")]
    [TestCase(1234567.125, "1234567.12s")]
    public void FrameTimes_Tie_IsOfTheExactValueAndGoesToEven(double seconds, string expected)
    {
        Assert.That(LlavaVideoPrompt.FrameTimes([seconds]), Is.EqualTo(expected));
    }

    [Test]
    public void FrameTimes_ManyValues_RoundTheExactBinaryValue()
    {
        var random = new Random(8);
        for (var i = 0; i < 20_000; i++)
        {
            var seconds = i % 2 == 0 ? random.NextDouble() * 1e5 : random.Next(1_000_000) / 64.0;
            Assert.That(LlavaVideoPrompt.FrameTimes([seconds]), Is.EqualTo(ExactHundredths(seconds)));
        }
    }

    // The double as a fraction over a power of two, in whole numbers throughout.
    private static string ExactHundredths(double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)(bits >> 52) - 1075;
        var numerator = new BigInteger((bits & ((1L << 52) - 1)) | (1L << 52)) * 100;
        var denominator = BigInteger.One << Math.Max(0, -exponent);
        var quotient = BigInteger.DivRem(value == 0 ? 0 : numerator << Math.Max(0, exponent), denominator, out var rest);
        if (rest * 2 > denominator || (rest * 2 == denominator && !quotient.IsEven))
            quotient++;
        return string.Create(CultureInfo.InvariantCulture, $"{quotient / 100}.{(int)(quotient % 100):D2}s");
    }

    private static JsonElement ReadGoldens() =>
        JsonDocument.Parse(File.ReadAllBytes(RepositoryFolder.Golden("models", "prompts", "llava_video.json"))).RootElement;
}
