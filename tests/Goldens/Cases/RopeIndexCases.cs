using System.Text;
using System.Text.Json;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Models.Layers;
using Microsoft.ML.Score.Models.Qwen25VL;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Goldens;

/// <summary>
/// Golden positions without a checkpoint: rope_index.json lays out sequences whose M-RoPE positions, by both rules, are in
/// rope_index.safetensors; realdims.safetensors holds rotary tables and windows at the released models' dimensions.
/// </summary>
internal static class RopeIndexCases
{
    private const string FileName = "rope_index.json";

    private const int VisionStart = 151652, VisionEnd = 151653;

    // Angles are single-precision products, so only the sine and cosine of the platform differ; a double angle would be 3e-4 off.
    private const double RotaryTolerance = 1e-5;

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Whether a folder holds layouts whose time is counted in tokens per second; those of other models are not.</summary>
    public static bool AreIn(string folder)
    {
        if (!File.Exists(Path.Combine(folder, FileName)))
            return false;
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, FileName)));
        return document.RootElement.TryGetProperty("cases", out var cases) && cases.EnumerateArray().All(layout => layout.TryGetProperty("tokens_per_second", out _));
    }

    public static IEnumerable<VerificationRow> Verify(string folder, ComputeBackend backend)
    {
        var name = new DirectoryInfo(folder).Name;
        using var tensors = SafetensorsFile.Open(Path.Combine(folder, "rope_index.safetensors"));
        foreach (var layout in JsonSerializer.Deserialize<Layouts>(File.ReadAllBytes(Path.Combine(folder, FileName)), s_json)!.Cases)
            foreach (var row in VerifyLayout(layout, new GoldenTensors($"{name}/{layout.Name}", tensors)))
                yield return row;

        using var tables = SafetensorsFile.Open(Path.Combine(folder, "realdims.safetensors"));
        foreach (var row in VerifyRotary(new GoldenTensors($"{name}/mrope128", tables), backend.Kernels))
            yield return row;
        foreach (var grid in tables.Tensors.Keys.Where(key => key.StartsWith("grid_", StringComparison.Ordinal)).Select(key => key.Split('.')[0]).Distinct().Order(StringComparer.Ordinal))
            foreach (var row in VerifyVision(grid, new GoldenTensors($"{name}/{grid}", tables)))
                yield return row;
    }

    private static IEnumerable<VerificationRow> VerifyLayout(Layout layout, GoldenTensors golden)
    {
        var config = Config(layout.TokensPerSecond);
        var (ids, items) = layout.Build(config);
        var positions = PositionIds.Compute(config, ids, items);
        yield return golden.Exactly("position_ids", Integers(golden, $"{layout.Name}.position_ids"), layout.Pad(positions));
        yield return golden.Exactly("rope_delta", [layout.RopeDelta], [positions.Next - layout.Length]);

        // The variant is stored where it differs.
        var variant = $"{layout.Name}.position_ids_int_truncated_variant";
        var truncated = PositionIds.Compute(config with { TemporalPositions = TemporalPositionRule.IntegerSecondsFirst }, ids, items);
        yield return golden.Exactly(
            "position_ids_int_truncated_variant", Integers(golden, golden.File.Tensors.ContainsKey(variant) ? variant : $"{layout.Name}.position_ids"), layout.Pad(truncated));
        yield return golden.Exactly("rope_delta_int_truncated_variant", [layout.RopeDeltaIntTruncatedVariant], [truncated.Next - layout.Length]);
    }

    private static IEnumerable<VerificationRow> VerifyRotary(GoldenTensors golden, IKernels kernels)
    {
        var config = Config(tokensPerSecond: 2);
        var axes = Integers(golden, "mrope128.position_ids");
        var count = axes.Length / 3;
        var positions = new PositionIds(axes[..count], axes[count..(2 * count)], axes[(2 * count)..], next: 0);
        var headDim = config.TextConfig.HeadDim;
        yield return golden.Close("inv_freq", Singles(golden, "mrope128.inv_freq"), RotaryTable.InverseFrequencies(config.TextConfig.RopeTheta, headDim), 1e-7);

        using var table = RotaryTable.FromAngles(kernels, positions.RotaryAngles(config), count, headDim / 2);
        yield return golden.Close("cos", Singles(golden, "mrope128.cos"), Doubled(kernels, table.Cos), RotaryTolerance);
        yield return golden.Close("sin", Singles(golden, "mrope128.sin"), Doubled(kernels, table.Sin), RotaryTolerance);

        using var q = kernels.Upload(Singles(golden, "mrope128.q_in"), count, headDim);
        kernels.Rotary(q, table.Cos, table.Sin);
        yield return golden.Close("q_rotated", Singles(golden, "mrope128.q_rotated"), Values(kernels, q), RotaryTolerance);
    }

    /// <summary>A name such as grid_1x16x16_2x20x36 lists the patch grids of its items.</summary>
    private static IEnumerable<VerificationRow> VerifyVision(string name, GoldenTensors golden)
    {
        var grids = name.Split('_')[1..].Select(text => Array.ConvertAll(text.Split('x'), int.Parse)).Select(sizes => new PatchGrid(sizes[0], sizes[1], sizes[2])).ToArray();
        var layout = new VisionLayout(Config(tokensPerSecond: 2).VisionConfig, grids);
        yield return golden.Exactly("window_index", Integers(golden, $"{name}.window_index"), layout.WindowIndex);
        yield return golden.Exactly("cu_window_seqlens", Integers(golden, $"{name}.cu_window_seqlens"), [0, .. layout.WindowSegments.Select(segment => segment.KeyStart + segment.KeyCount)]);
        if (golden.File.Tensors.ContainsKey($"{name}.vision_rot_angles"))
            yield return golden.Close("vision_rot_angles", Singles(golden, $"{name}.vision_rot_angles"), layout.RotaryAngles, 1e-5);
    }

    /// <summary>
    /// The released 7B configuration but for tokens_per_second, written as re-saved checkpoints are: keys equal to the class defaults
    /// missing.
    /// </summary>
    private static Qwen25VLConfig Config(int tokensPerSecond) => Qwen25VLConfig.Read(ConfigSection.Parse(
        Encoding.UTF8.GetBytes($$"""
        {
          "hidden_size": 3584, "num_attention_heads": 28, "num_key_value_heads": 4, "image_token_id": 151655, "video_token_id": 151656,
          "rope_scaling": { "type": "mrope", "mrope_section": [16, 24, 24] },
          "vision_config": { "hidden_size": 1280, "tokens_per_second": {{tokensPerSecond}} }
        }
        """),
        "config.json"));

    private static int[] Integers(GoldenTensors golden, string name) => Array.ConvertAll(golden.File.ReadInt64(name), value => (int)value);

    private static float[] Singles(GoldenTensors golden, string name) => golden.File.ReadSingle(name);

    /// <summary>The original code keeps each row of cos and sin twice.</summary>
    private static float[] Doubled(IKernels kernels, Tensor x) => [.. Values(kernels, x).Chunk(x.Columns).SelectMany(row => row.Concat(row))];

    private static float[] Values(IKernels kernels, Tensor x)
    {
        var values = new float[x.Rows * x.Columns];
        kernels.Download(x, values);
        return values;
    }

    private sealed record Layouts(Layout[] Cases);

    private sealed record Layout(
        string Name, JsonElement[][] Segments, int LeftPad, double[]? SecondPerGridTs, int TokensPerSecond, int Length, int RopeDelta, int RopeDeltaIntTruncatedVariant)
    {
        /// <summary>The sequence without its padding, and its images and videos.</summary>
        public (int[] Ids, VisualItem[] Items) Build(Qwen25VLConfig config)
        {
            const int ordinaryId = 11;
            List<int> ids = [];
            List<VisualItem> items = [];
            var videos = 0;
            foreach (var segment in Segments)
            {
                var kind = segment[0].GetString();
                if (kind == "text")
                {
                    ids.AddRange(Enumerable.Repeat(ordinaryId, segment[1].GetInt32()));
                    continue;
                }

                var isVideo = kind == "video";
                var grid = new PatchGrid(segment[1][0].GetInt32(), segment[1][1].GetInt32(), segment[1][2].GetInt32());
                items.Add(new VisualItem(isVideo, grid, isVideo && SecondPerGridTs is { } seconds ? seconds[videos++] : 1.0));
                ids.AddRange([VisionStart, .. Enumerable.Repeat(isVideo ? config.VideoTokenId : config.ImageTokenId, grid.Patches / config.VisionConfig.MergeUnit), VisionEnd]);
            }

            return ([.. ids], [.. items]);
        }

        /// <summary>[3, Length]. Left padding belongs to batches of texts, which are none of this library's; the original code gives it position 1.</summary>
        public int[] Pad(PositionIds positions)
        {
            var padding = Enumerable.Repeat(1, LeftPad).ToArray();
            return [.. padding, .. positions.Temporal, .. padding, .. positions.Height, .. padding, .. positions.Width];
        }
    }
}
