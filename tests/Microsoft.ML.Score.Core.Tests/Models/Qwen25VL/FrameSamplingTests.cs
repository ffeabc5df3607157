using System.Text.Json;

namespace Microsoft.ML.Score.Models.Qwen25VL;

[TestFixture]
public class FrameSamplingTests
{
    [Test]
    public void Select_GoldenCases_GivesTheSameFrames()
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(RepositoryFolder.Golden("models", "processor", "frame_sampling.json")));

        using (Assert.EnterMultipleScope())
            foreach (var golden in file.RootElement.GetProperty("cases").EnumerateArray())
            {
                var sampling = Read(golden.GetProperty("ele"));
                var (frames, rate) = (golden.GetProperty("total_frames").GetInt32(), golden.GetProperty("video_fps").GetDouble());
                if (golden.TryGetProperty("error", out _))
                {
                    Assert.That(() => sampling.Select(frames, rate), Throws.ArgumentException, golden.ToString());
                    continue;
                }

                var (indices, sampledRate) = sampling.Select(frames, rate);
                Assert.That(Summary(indices, golden.GetProperty("indices")), Is.EqualTo(Expected(golden.GetProperty("indices"))), golden.ToString());
                Assert.That(sampledRate, Is.EqualTo(golden.GetProperty("sample_fps").GetDouble()).Within(1e-12), golden.ToString());
                Assert.That(2 / sampledRate, Is.EqualTo(golden.GetProperty("second_per_grid_t").GetDouble()).Within(1e-12), golden.ToString());
            }
    }

    // Long lists are stored as their first and last ten indices and their sum.
    private static IEnumerable<int> Expected(JsonElement indices) => indices.ValueKind == JsonValueKind.Array
        ? Integers(indices)
        : [.. Integers(indices.GetProperty("first")), .. Integers(indices.GetProperty("last")), indices.GetProperty("sum").GetInt32()];

    private static IEnumerable<int> Summary(int[] indices, JsonElement expected) =>
        expected.ValueKind == JsonValueKind.Array ? indices : [.. indices[..10], .. indices[^10..], indices.Sum()];

    private static IEnumerable<int> Integers(JsonElement array) => array.EnumerateArray().Select(value => value.GetInt32());

    private static FrameSampling Read(JsonElement options)
    {
        var sampling = new FrameSampling();
        foreach (var option in options.EnumerateObject())
            sampling = option.Name switch
            {
                "fps" => sampling with { FramesPerSecond = option.Value.GetDouble() },
                "nframes" => sampling with { FrameCount = option.Value.GetInt32() },
                "min_frames" => sampling with { MinFrames = option.Value.GetInt32() },
                "max_frames" => sampling with { MaxFrames = option.Value.GetInt32() },
                var other => throw new InvalidDataException(other),
            };
        return sampling;
    }
}
