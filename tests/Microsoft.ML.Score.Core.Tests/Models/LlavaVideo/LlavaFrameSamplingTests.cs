using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.Score.Models.LlavaVideo;

[TestFixture]
public class LlavaFrameSamplingTests
{
    [Test]
    public void Select_GoldenCases_GivesTheSameFramesAndTimes()
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(RepositoryFolder.Golden("models", "processor", "llava_frame_sampling.json")));
        var cases = file.RootElement.GetProperty("frame_sampling").EnumerateArray().ToArray();

        Assert.That(cases, Has.Length.EqualTo(32));
        using (Assert.EnterMultipleScope())
            foreach (var golden in cases)
            {
                var sampling = new LlavaFrameSampling { MaxFrames = golden.GetProperty("max_frames").GetInt32(), ForceSample = golden.GetProperty("force_sample").GetBoolean() };
                var frames = sampling.Select(golden.GetProperty("total_frames").GetInt32(), golden.GetProperty("avg_fps").GetDouble());

                Assert.That(frames.Indices, Is.EqualTo(golden.GetProperty("frame_idx").EnumerateArray().Select(index => index.GetInt32())), golden.ToString());
                Assert.That(string.Join(',', frames.Seconds.Select(Format)), Is.EqualTo(golden.GetProperty("frame_time").GetString()), golden.ToString());
                Assert.That(frames.VideoSeconds, Is.EqualTo(golden.GetProperty("video_time").GetDouble()), golden.ToString());
            }
    }

    [TestCase(1, 30.0, new[] { 0 })]
    [TestCase(5, 0.4, new[] { 0, 1, 2, 3, 4 }, TestName = "Select_RateBelowTheWantedOne_TakesEveryFrame")]
    public void Select_ByRate_TakesEachStep(int totalFrames, double framesPerSecond, int[] expected)
    {
        Assert.That(new LlavaFrameSampling { ForceSample = false }.Select(totalFrames, framesPerSecond).Indices, Is.EqualTo(expected));
    }

    [Test]
    public void Select_OneFrameOnly_IsTheFirst()
    {
        Assert.That(new LlavaFrameSampling { MaxFrames = 1 }.Select(100, 25).Indices, Is.EqualTo(new[] { 0 }));
    }

    // As Python writes {:.2f}: an exact tie, an odd multiple of 1/8, goes to the even digit.
    private static string Format(double seconds) =>
        (Math.Abs(seconds * 8 % 2) == 1 ? Math.Round(seconds * 100) / 100 : seconds).ToString("F2", CultureInfo.InvariantCulture) + "s";
}
