using System.Text.Json;

namespace Microsoft.ML.Score.Video;

[TestFixture]
public class SmartResizeTests
{
    [Test]
    public void Fit_GoldenCases_GivesTheSameSize()
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(TestContext.CurrentContext.TestDirectory, "Goldens", "processor", "smart_resize.json")));

        using (Assert.EnterMultipleScope())
            foreach (var golden in file.RootElement.GetProperty("cases").EnumerateArray())
            {
                (int, int)? actual;
                try
                {
                    actual = SmartResize.Fit(
                        golden.GetProperty("h").GetInt32(), golden.GetProperty("w").GetInt32(), 28,
                        golden.GetProperty("min_pixels").GetDouble(), golden.GetProperty("max_pixels").GetDouble());
                }
                catch (ArgumentException)
                {
                    actual = null;
                }

                // The original gives very narrow frames no height at all; here every side has a token at least.
                var size = golden.GetProperty("qwen_vl_utils");
                (int, int)? expected = size.ValueKind == JsonValueKind.Array ? (Math.Max(28, size[0].GetInt32()), Math.Max(28, size[1].GetInt32())) : null;
                Assert.That(actual, Is.EqualTo(expected), golden.ToString());
            }
    }
}
