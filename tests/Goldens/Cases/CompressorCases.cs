using System.Text.Json;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Goldens;

/// <summary>
/// Golden cases of the rival compressors: manifest.json lists them, METHOD__VARIANT__INPUT__SETTING.safetensors holds what the
/// original put out for input_INPUT.safetensors. Which tokens are kept must agree exactly, and their order where the
/// manifest says that it does not hang on rounding; merged vectors within its tolerance.
/// </summary>
internal static class CompressorCases
{
    private const double MergedTolerance = 2e-6;
    private const double SalienceTolerance = 2e-6;

    /// <param name="folder">A folder with a manifest.json and the files that it lists.</param>
    /// <param name="cancellationToken">Stops between cases.</param>
    public static IEnumerable<VerificationRow> Verify(string folder, CancellationToken cancellationToken)
    {
        using var manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "manifest.json")));
        var inputs = manifest.RootElement.GetProperty("inputs").EnumerateObject()
            .ToDictionary(input => input.Name, input => ReadInput(folder, input.Value));
        foreach (var item in manifest.RootElement.GetProperty("cases").EnumerateArray())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var file = item.GetProperty("file").GetString()!;
            var name = $"compressors/{Path.GetFileNameWithoutExtension(file)}";
            var (method, variant) = (item.GetProperty("method").GetString(), item.GetProperty("variant").GetString()!);
            using var expected = SafetensorsFile.Open(Path.Combine(folder, file));
            var golden = new GoldenTensors(name, expected);
            if (method == "score")
            {
                foreach (var row in SalienceCases.Verify(golden, variant, item.GetProperty("params"), SalienceTolerance))
                    yield return row;
                continue;
            }

            var video = inputs[item.GetProperty("input").GetString()!];
            if (Run(method!, variant, item.GetProperty("params"), video, Noise(expected)) is not { } sequence)
            {
                yield return VerificationRow.Unsupported(name, $"{method}, {variant}");
                continue;
            }

            var ordered = item.TryGetProperty("order_robust", out var robust) && robust.ValueKind == JsonValueKind.True;
            foreach (var row in Compare(golden, video, sequence, ordered))
                yield return row;
        }
    }

    private static CompressedSequence? Run(string method, string variant, JsonElement settings, VideoTokens video, DensityNoise noise)
    {
        double Number(string name) => settings.GetProperty(name).GetDouble();
        var statistics = video.Statistics!;
        return (method, variant) switch
        {
            ("dycoke", "official") => DyCokeCompressor.Run(video, Number("K"), DyCokeVariant.Official),
            ("dycoke", "paper_bound") => DyCokeCompressor.Run(video, Number("K"), DyCokeVariant.PaperBound),
            ("dycoke", "port_vidcom2_qwen") => InOrder(new DyCokeCompressor(DyCokeVariant.VidCom2Port).Compress(video, Number("R")), video),
            ("vidcom2", "linear") => InOrder(new VidCom2Compressor().Compress(video, Number("R")), video),
            ("holitom", "outer") when Number("beta") == 0.6 && Number("D") == 0 && Number("K_neighbours") == 7 => HoliTomCompressor.Run(video, statistics.ReceivedAttention, Number("R"), Number("tau"), noise),
            ("holitom", "port_vidcom2_qwen") => InOrder(new HoliTomCompressor(HoliTomVariant.VidCom2Port).Compress(video, Number("R")), video),
            ("fastvid", "port_vidcom2_qwen") => InOrder(new FastVidCompressor(FastVidVariant.VidCom2Port).Compress(video, Number("R")), video),
            ("fastvid", _) when FastVid(variant) is { } form && Number("k") == 4 => FastVidCompressor.Run(
                video, statistics.PooledAttention, form, Settings(form), Number("R"), noise),
            _ => null,
        };

        FastVidSettings Settings(FastVidVariant form) => FastVidSettings.Of(form) with
        {
            C = settings.GetProperty("c").GetInt32(),
            Tau = Number("tau"),
            Ignore = settings.TryGetProperty("ignore", out var ignore) ? ignore.GetDouble() : double.PositiveInfinity,
            D = Number("d"),
            P = settings.GetProperty("p").GetInt32(),
            Beta = Number("beta"),
        };
    }

    private static FastVidVariant? FastVid(string variant) => variant.Split('_')[0] switch
    {
        "llavavideo" => FastVidVariant.LlavaVideo,
        "qwen25vl" => FastVidVariant.Qwen25VL,
        "onevision" => FastVidVariant.LlavaOneVision,
        _ => null,
    };

    private static IEnumerable<VerificationRow> Compare(GoldenTensors golden, VideoTokens video, CompressedSequence actual, bool ordered)
    {
        var indices = Integers(golden.File, "indices");
        yield return golden.Exactly("kept tokens", [.. indices.Order()], [.. actual.Indices.Order()]);
        if (ordered)
            yield return golden.Exactly("order", indices, [.. actual.Indices]);

        // By position, so that vectors compare whatever the order.
        var vectors = actual.Indices.Index().ToDictionary(item => item.Item, item => Vector(item.Index));
        if (golden.File.Tensors.ContainsKey("merged_tokens"))
        {
            var rows = Integers(golden.File, "merged_rows");
            yield return golden.Exactly("merged tokens", [.. rows.Select(row => indices[row]).Order()], [.. actual.Indices.Where((_, i) => actual.Merged[i] is not null).Order()]);
            yield return golden.Close("merged_tokens", golden.File.ReadSingle("merged_tokens"), [.. rows.SelectMany(row => vectors.GetValueOrDefault(indices[row]) ?? [])], MergedTolerance);
        }
        else if (golden.File.Tensors.ContainsKey("tokens"))
        {
            yield return golden.Close("tokens", golden.File.ReadSingle("tokens"), [.. indices.SelectMany(index => vectors.GetValueOrDefault(index) ?? [])], MergedTolerance);
        }

        float[] Vector(int i) => actual.Merged[i] ?? video.Token(actual.Indices[i]).ToArray();
    }

    /// <summary>The sequence of a compressor that puts tokens out by position; every vector counts as merged where it is not the token's own.</summary>
    private static CompressedSequence InOrder(KeptTokens kept, VideoTokens video)
    {
        var sequence = new CompressedSequence();
        for (var i = 0; i < kept.Count; i++)
        {
            var vector = kept.Vectors.Slice(i * kept.Dimension, kept.Dimension);
            if (vector.Span.SequenceEqual(video.Token(kept.Positions.Span[i])))
                sequence.Keep(kept.Positions.Span[i]);
            else
                sequence.Merge(kept.Positions.Span[i], vector.ToArray());
        }

        return sequence;
    }

    private static VideoTokens ReadInput(string folder, JsonElement input)
    {
        using var file = SafetensorsFile.Open(Path.Combine(folder, input.GetProperty("file").GetString()!));
        var grid = new TokenGrid(Integer("T"), Integer("grid_h"), Integer("grid_w"));
        var attention = file.ReadSingle("attn");
        return new VideoTokens(grid, Integer("D"), file.ReadSingle("x"))
        {
            Statistics = new EncoderStatistics { ReceivedAttention = attention, PooledAttention = attention, StepFeatures = file.ReadSingle("gfeat") },
        };

        int Integer(string name) => input.GetProperty(name).GetInt32();
    }

    private static DensityNoise Noise(SafetensorsFile file) =>
        file.Tensors.ContainsKey("noise") ? new DensityNoise(file.ReadSingle("noise")) : DensityNoise.None;

    private static int[] Integers(SafetensorsFile file, string tensor) => Array.ConvertAll(file.ReadInt64(tensor), value => (int)value);
}
