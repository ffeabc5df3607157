using System.Text.Json;
using Microsoft.ML.Score.Weights;

namespace Microsoft.ML.Score.Models.Qwen25VL;

/// <summary>Positions against those of the original code.</summary>
[TestFixture]
public class PositionIdsTests
{
    private const int VisionStart = 151652, VisionEnd = 151653, Image = 151655, Video = 151656;

    [Test]
    public void Compute_GoldenLayouts_AreEqual()
    {
        var folder = RepositoryFolder.RequireShared("goldens", "models", "rope_index");
        using var goldens = SafetensorsFile.Open(Path.Combine(folder, "rope_index.safetensors"));
        using var description = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "rope_index.json")));
        foreach (var layout in description.RootElement.GetProperty("cases").EnumerateArray())
        {
            var name = layout.GetProperty("name").GetString();
            var (ids, items) = Build(layout);

            var positions = PositionIds.Compute(Config(layout.GetProperty("tokens_per_second").GetDouble()), ids, items);

            // Left padding belongs to batches of texts; there is none here, and the original code gives it 1.
            var padding = Enumerable.Repeat(1, layout.GetProperty("left_pad").GetInt32()).ToArray();
            int[] actual = [.. padding, .. positions.Temporal, .. padding, .. positions.Height, .. padding, .. positions.Width];
            Assert.That(actual, Is.EqualTo(goldens.ReadInt64($"{name}.position_ids")), name);
            Assert.That(positions.Next - layout.GetProperty("length").GetInt32(), Is.EqualTo(layout.GetProperty("rope_delta").GetInt32()), name);
        }
    }

    [Test]
    public void Compute_FractionalInterval_TruncatesAfterMultiplying()
    {
        int[] ids = [7, Video, Video, Video, Video, 7];

        var positions = PositionIds.Compute(Config(2), ids, [new VisualItem(true, new PatchGrid(4, 2, 2), 0.999)]);

        Assert.That(positions.Temporal, Is.EqualTo(new[] { 0, 1, 2, 4, 6, 7 }));
        Assert.That(positions.Next, Is.EqualTo(8));
    }

    [Test]
    public void Compute_PadsThatFitNoItem_Throws()
    {
        Assert.That(() => PositionIds.Compute(Config(2), [Video], []), Throws.ArgumentException.With.Message.Contains("none of the 0"));
        Assert.That(() => PositionIds.Compute(Config(2), [Video, 1], [new VisualItem(true, new PatchGrid(2, 2, 2))]), Throws.ArgumentException.With.Message.Contains("needs 2 tokens"));
        Assert.That(() => PositionIds.Compute(Config(2), [1], [new VisualItem(true, new PatchGrid(1, 2, 2))]), Throws.ArgumentException.With.Message.Contains("1 are given"));
    }

    [Test]
    public void RotaryAngles_ReleasedDimensions_AreThoseOfTheOriginal()
    {
        using var goldens = SafetensorsFile.Open(Path.Combine(RepositoryFolder.RequireShared("goldens", "models", "rope_index"), "realdims.safetensors"));

        Assert.That(RotaryTable.InverseFrequencies(1e6, 128), Is.EqualTo(goldens.ReadSingle("mrope128.inv_freq")).Within(1).Ulps);
    }

    [TestCase("grid_1x6x8", 1, 6, 8)]
    [TestCase("grid_2x26x46", 2, 26, 46)]
    [TestCase("grid_3x8x16", 3, 8, 16)]
    public void VisionLayout_ReleasedDimensions_AreThoseOfTheOriginal(string name, int timeSteps, int height, int width)
    {
        using var goldens = SafetensorsFile.Open(Path.Combine(RepositoryFolder.RequireShared("goldens", "models", "rope_index"), "realdims.safetensors"));

        var layout = new VisionLayout(Config(2).VisionConfig, [new PatchGrid(timeSteps, height, width)]);

        Assert.That(layout.WindowIndex, Is.EqualTo(goldens.ReadInt64($"{name}.window_index")));
        Assert.That(layout.WindowSegments.Select(segment => segment.KeyStart + segment.KeyCount).Prepend(0), Is.EqualTo(goldens.ReadInt64($"{name}.cu_window_seqlens")));
        if (goldens.Tensors.ContainsKey($"{name}.vision_rot_angles"))
            Assert.That(layout.RotaryAngles, Is.EqualTo(goldens.ReadSingle($"{name}.vision_rot_angles")).Within(1e-5f));
    }

    private static (int[] Ids, VisualItem[] Items) Build(JsonElement layout)
    {
        var ids = new List<int>();
        var items = new List<VisualItem>();
        var seconds = layout.GetProperty("second_per_grid_ts") is { ValueKind: JsonValueKind.Array } array ? array.EnumerateArray().Select(value => value.GetDouble()).ToArray() : null;
        var videos = 0;
        foreach (var segment in layout.GetProperty("segments").EnumerateArray())
        {
            var kind = segment[0].GetString();
            if (kind == "text")
            {
                ids.AddRange(Enumerable.Repeat(11, segment[1].GetInt32()));
                continue;
            }

            var grid = new PatchGrid(segment[1][0].GetInt32(), segment[1][1].GetInt32(), segment[1][2].GetInt32());
            items.Add(new VisualItem(kind == "video", grid, kind == "video" && seconds is not null ? seconds[videos++] : 1.0));
            ids.AddRange([VisionStart, .. Enumerable.Repeat(kind == "video" ? Video : Image, grid.Patches / 4), VisionEnd]);
        }

        return ([.. ids], [.. items]);
    }

    /// <summary>The released 7B configuration, written as re-saved checkpoints are: keys equal to the defaults missing.</summary>
    private static Qwen25VLConfig Config(double tokensPerSecond) => Qwen25VLConfig.Read(ConfigSection.Parse(System.Text.Encoding.UTF8.GetBytes(
        $$"""
        {
          "image_token_id": 151655, "video_token_id": 151656, "eos_token_id": 151645, "hidden_size": 3584, "num_attention_heads": 28, "num_key_value_heads": 4,
          "rope_parameters": { "rope_theta": 1000000.0, "rope_type": "default", "mrope_section": [16, 24, 24] },
          "vision_config": { "hidden_size": 1280, "tokens_per_second": {{tokensPerSecond}} }
        }
        """), "config.json"));
}
