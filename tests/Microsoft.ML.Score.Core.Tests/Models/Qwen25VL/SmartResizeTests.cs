using System.Text.Json;

namespace Microsoft.ML.Score.Models.Qwen25VL;

[TestFixture]
public class SmartResizeTests
{
    [Test]
    public void Fit_GoldenCases_GivesTheSizeOfQwenVLUtils() => AssertGolden("qwen_vl_utils", SmartResize.Fit);

    [Test]
    public void FitAsTransformers_GoldenCases_GivesTheSizeOfTransformers() => AssertGolden("hf_4_50", SmartResize.FitAsTransformers);

    private static void AssertGolden(string rule, Func<int, int, int, double, double, (int, int)> fit)
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(RepositoryFolder.Golden("models", "processor", "smart_resize.json")));

        using (Assert.EnterMultipleScope())
            foreach (var golden in file.RootElement.GetProperty("cases").EnumerateArray())
            {
                (int, int)? actual;
                try
                {
                    actual = fit(
                        golden.GetProperty("h").GetInt32(), golden.GetProperty("w").GetInt32(), 28,
                        golden.GetProperty("min_pixels").GetDouble(), golden.GetProperty("max_pixels").GetDouble());
                }
                catch (ArgumentException)
                {
                    actual = null;
                }

                var size = golden.GetProperty(rule);
                (int, int)? expected = size.ValueKind == JsonValueKind.Array ? (size[0].GetInt32(), size[1].GetInt32()) : null;
                Assert.That(actual, Is.EqualTo(expected), golden.ToString());
            }
    }
}
