using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models.Layers;
using Microsoft.ML.Score.Models.Qwen25VL;
using Microsoft.ML.Score.Models.Qwen3VL;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Goldens;

/// <summary>
/// Golden positions of Qwen3-VL without a checkpoint: rope_index.json lays out sequences whose positions are in rope_index.safetensors;
/// realdims.safetensors holds rotary tables and interpolated position embeddings at the released models' dimensions.
/// </summary>
internal static partial class Qwen3RopeIndexCases
{
    private const string FileName = "rope_index.json";

    private const int VisionStart = 151652, VisionEnd = 151653;

    // Single-precision angles: an inverse frequency off by its last bit tells at large positions.
    private const int LargePosition = 20_012;
    private const double RotaryTolerance = 5e-5, LargeRotaryTolerance = 5e-4;

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private static readonly Qwen3VLConfig s_config = ReleasedConfigs.Qwen3VL("Qwen3-VL-8B")!;

    /// <summary>Whether a folder holds layouts in which a video may stand within markers of its own.</summary>
    public static bool AreIn(string folder)
    {
        if (!File.Exists(Path.Combine(folder, FileName)))
            return false;
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, FileName)));
        return document.RootElement.TryGetProperty("cases", out var cases) && cases.EnumerateArray().All(layout => layout.TryGetProperty("outer_wrapper", out _));
    }

    public static IEnumerable<VerificationRow> Verify(string folder, ComputeBackend backend)
    {
        var name = new DirectoryInfo(folder).Name;
        using var tensors = SafetensorsFile.Open(Path.Combine(folder, "rope_index.safetensors"));
        foreach (var layout in JsonSerializer.Deserialize<Layouts>(File.ReadAllBytes(Path.Combine(folder, FileName)), s_json)!.Cases)
        {
            var golden = new GoldenTensors($"{name}/{layout.Name}", tensors);
            var (ids, items) = layout.Build();
            var positions = Qwen3VLModel.PositionsOf(s_config, ids, items);
            // Left padding belongs to batches of texts, which are none of this library's; the original code gives it position 1.
            var padding = Enumerable.Repeat(1, layout.LeftPad).ToArray();
            yield return golden.Exactly(
                "position_ids", Integers(tensors, $"{layout.Name}.position_ids"), [.. padding, .. positions.Temporal, .. padding, .. positions.Height, .. padding, .. positions.Width]);
            yield return golden.Exactly("rope_delta", [layout.RopeDelta], [positions.Next - layout.Length]);
        }

        var path = Path.Combine(folder, "realdims.safetensors");
        if (!File.Exists(path))
            yield break;
        using var tables = SafetensorsFile.Open(path);
        foreach (var row in VerifyRotary(new GoldenTensors($"{name}/mrope128", tables), backend.Kernels))
            yield return row;
        foreach (var key in tables.Tensors.Keys.Order(StringComparer.Ordinal))
            if (Compute(key) is { } computed)
                yield return new GoldenTensors($"{name}/realdims", tables).Close(key, tables.ReadSingle(key), computed.Values, computed.Tolerance);
    }

    private static IEnumerable<VerificationRow> VerifyRotary(GoldenTensors golden, IKernels kernels)
    {
        var file = golden.File;
        var axes = Integers(file, "mrope.position_ids");
        var count = axes.Length / 3;
        var positions = new PositionIds(axes[..count], axes[count..(2 * count)], axes[(2 * count)..], next: 0);
        var headDim = s_config.TextConfig.HeadDim;
        yield return golden.Close("inv_freq", file.ReadSingle("mrope.inv_freq"), RotaryTable.InverseFrequencies(s_config.TextConfig.RopeTheta, headDim), 1e-7);

        using var table = RotaryTable.FromAngles(kernels, positions.RotaryAngles(s_config.TextConfig.RopeTheta, s_config.MropeAxes()), count, headDim / 2);
        using var vector = kernels.Upload(file.ReadSingle("mrope.vector"), count, headDim);
        kernels.Rotary(vector, table.Cos, table.Sin);
        foreach (var (quantity, actual) in new[] { ("cos", Doubled(kernels, table.Cos)), ("sin", Doubled(kernels, table.Sin)), ("rotated", Values(kernels, vector)) })
            foreach (var isLarge in (bool[])[false, true])
            {
                int[] rows = [.. Enumerable.Range(0, count).Where(i => (Math.Max(axes[i], Math.Max(axes[count + i], axes[2 * count + i])) >= LargePosition) == isLarge)];
                yield return golden.Close(
                    isLarge ? $"{quantity} at large positions" : quantity, Rows(file.ReadSingle($"mrope.{quantity}"), rows), Rows(actual, rows), isLarge ? LargeRotaryTolerance : RotaryTolerance);
            }

        float[] Rows(float[] values, int[] rows) => [.. rows.SelectMany(row => values[(row * headDim)..((row + 1) * headDim)])];
    }

    /// <summary>What a tensor of realdims.safetensors should be, by its name; null for one that is checked elsewhere.</summary>
    private static (float[] Values, double Tolerance)? Compute(string key)
    {
        if (FrequencyTable().Match(key) is { Success: true } table)
        {
            // The angles of the first column's patches, of which the first half are those of the row.
            var (headDim, rows) = (Number(table, 1), Number(table, 2));
            float[][] angles = [.. VisionLayout.Angles(2, headDim, [new PatchGrid(1, rows, 2)]).Chunk(headDim / 2)];
            return ([.. Enumerable.Range(0, rows).SelectMany(row => angles[row / 2 * 4 + row % 2 * 2][..(headDim / 4)])], 1e-5);
        }

        if (Places().Match(key) is { Success: true } places)
            return (PositionEmbeddings.Places(Number(places, 2), Number(places, 1)), 0);
        if (Interpolated().Match(key) is { Success: true } grid)
        {
            const int side = 48, channels = 8;
            float[] values = [.. Enumerable.Range(0, side * side * channels).Select(i => (float)(i * 37 % 1009 / 1009.0) - 0.5f)];
            var step = new PositionEmbeddings(values, side, 2).Interpolate(new PatchGrid(1, Number(grid, 2), Number(grid, 3)));
            return ([.. Enumerable.Repeat(step, Number(grid, 1)).SelectMany(values => values)], 1e-6);
        }

        if (Angles().Match(key) is { Success: true } angle)
            return (VisionLayout.Angles(2, Number(angle, 1), [new PatchGrid(Number(angle, 2), Number(angle, 3), Number(angle, 4))]), 1e-5);
        return null;
    }

    private static int Number(Match match, int group) => int.Parse(match.Groups[group].ValueSpan, System.Globalization.CultureInfo.InvariantCulture);

    private static int[] Integers(SafetensorsFile file, string name) => Array.ConvertAll(file.ReadInt64(name), value => (int)value);

    /// <summary>The original code keeps each row of cos and sin twice.</summary>
    private static float[] Doubled(IKernels kernels, Tensor x) => [.. Values(kernels, x).Chunk(x.Columns).SelectMany(row => row.Concat(row))];

    private static float[] Values(IKernels kernels, Tensor x)
    {
        var values = new float[x.Rows * x.Columns];
        kernels.Download(x, values);
        return values;
    }

    [GeneratedRegex(@"^vision_rotary\.head_dim(\d+)\.freq_table_(\d+)$")]
    private static partial Regex FrequencyTable();

    [GeneratedRegex(@"^pos_interp(\d+)\.n(\d+)\.position$")]
    private static partial Regex Places();

    [GeneratedRegex(@"^pos_embed_interp\.(\d+)x(\d+)x(\d+)$")]
    private static partial Regex Interpolated();

    [GeneratedRegex(@"^rot_pos_emb_head_dim(\d+)\.(\d+)x(\d+)x(\d+)$")]
    private static partial Regex Angles();

    private sealed record Layouts(Layout[] Cases);

    private sealed record Layout(string Name, JsonElement[][] Segments, int LeftPad, bool OuterWrapper, int Length, int RopeDelta)
    {
        /// <summary>The sequence without its padding, and its images and videos.</summary>
        public (int[] Ids, VisualItem[] Items) Build()
        {
            const int ordinaryId = 11;
            List<int> ids = [];
            List<VisualItem> items = [];
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
                items.Add(new VisualItem(isVideo, grid));
                if (isVideo && OuterWrapper)
                    ids.Add(VisionStart);
                for (var t = 0; t < grid.TimeSteps; t++)
                    ids.AddRange([
                        .. Enumerable.Repeat(ordinaryId, isVideo ? segment[2][t].GetInt32() : 0), VisionStart,
                        .. Enumerable.Repeat(isVideo ? s_config.VideoTokenId : s_config.ImageTokenId, grid.PatchesPerStep / s_config.VisionConfig.MergeUnit), VisionEnd]);
                if (isVideo && OuterWrapper)
                    ids.Add(VisionEnd);
            }

            return ([.. ids], [.. items]);
        }
    }
}
