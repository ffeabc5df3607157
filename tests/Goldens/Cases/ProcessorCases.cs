using System.Text.Json;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Models.LlavaVideo;
using Microsoft.ML.Score.Models.Qwen25VL;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Goldens;

/// <summary>
/// Golden cases of the frame processors: which frames are sampled, the sizes they are resized to, the resized pixels and the
/// normalised patches. Tables are one row a column, its deviation the number of cases that differ.
/// </summary>
internal static class ProcessorCases
{
    private const int Factor = 28;
    private const int MostPixelsOff = 3; // rounding ties: the order of torch's float32 sums is its own
    private const double LevelTolerance = 0.0151; // one level of a byte after normalisation, 1 / 255 / 0.2613
    private const double SumTolerance = MostPixelsOff * LevelTolerance + 1e-2; // and what float32 sums lose
    private const double ExactTolerance = 1e-6; // float32 arithmetic on equal bytes

    private static readonly string[] s_files = ["frame_sampling.json", "smart_resize.json", "qwen_fetch_video.json", "qwen_image_processor_pil.json", "siglip.json"];

    /// <summary>Whether a file is one of processor cases. Those of other models have some of the names and a layout of their own.</summary>
    public static bool IsCase(string path)
    {
        if (!s_files.Contains(Path.GetFileName(path)))
            return false;
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.ValueKind == JsonValueKind.Array
            || document.RootElement.TryGetProperty(Path.GetFileName(path) == "siglip.json" ? "frame0_384" : "cases", out _);
    }

    /// <param name="path">A file of cases, its tensors beside it.</param>
    /// <param name="name">The file's name in the rows.</param>
    public static IEnumerable<VerificationRow> Verify(string path, string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var root = document.RootElement;
        return Path.GetFileName(path) switch
        {
            "frame_sampling.json" => VerifySampling(root, name).ToList(),
            "smart_resize.json" => VerifySizes(root, name).ToList(),
            "qwen_fetch_video.json" => WithTensors(tensors => root.EnumerateArray().SelectMany(golden => VerifyVideo(golden, tensors, name))),
            "qwen_image_processor_pil.json" => WithTensors(tensors => root.EnumerateArray().SelectMany(golden => VerifyImageProcessor(golden, tensors, name))),
            _ => WithTensors(tensors => VerifySiglip(root, tensors, name)),
        };

        List<VerificationRow> WithTensors(Func<SafetensorsFile, IEnumerable<VerificationRow>> verify)
        {
            using var tensors = SafetensorsFile.Open(Path.ChangeExtension(path, ".safetensors"));
            return verify(tensors).ToList();
        }
    }

    private static IEnumerable<VerificationRow> VerifySampling(JsonElement root, string name)
    {
        var cases = root.GetProperty("cases").EnumerateArray().Select(golden => (Golden: golden, Sampled: Sample(golden))).ToList();
        yield return Count("refusals", cases.Where(item => item.Golden.TryGetProperty("error", out _) != item.Sampled is null));
        var sampled = cases.Where(item => item.Sampled is not null && !item.Golden.TryGetProperty("error", out _)).ToList();
        yield return Count("nframes", sampled.Where(item => item.Golden.GetProperty("nframes").GetInt32() != item.Sampled!.Value.Indices.Length));
        yield return Count("indices", sampled.Where(item => !SameIndices(item.Golden.GetProperty("indices"), item.Sampled!.Value.Indices)));
        yield return Count("sample_fps", sampled.Where(item => Differ(item.Golden.GetProperty("sample_fps"), item.Sampled!.Value.FramesPerSecond)));
        yield return Count("second_per_grid_t", sampled.Where(item => Differ(item.Golden.GetProperty("second_per_grid_t"), 2 / item.Sampled!.Value.FramesPerSecond)));

        VerificationRow Count(string quantity, IEnumerable<(JsonElement, (int[], double)?)> different) =>
            VerificationRow.Compare(name, $"{quantity} of {cases.Count} cases", different.Count(), 0);
    }

    private static (int[] Indices, double FramesPerSecond)? Sample(JsonElement golden)
    {
        try
        {
            var sampling = new QwenProcessorConfig().With(ReadOptions(golden.GetProperty("ele"))).Sampling;
            return sampling.Select(golden.GetProperty("total_frames").GetInt32(), golden.GetProperty("video_fps").GetDouble());
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    // Long lists are stored as their first and last ten indices and their sum.
    private static bool SameIndices(JsonElement expected, int[] actual) => expected.ValueKind == JsonValueKind.Array
        ? actual.SequenceEqual(Integers(expected))
        : actual.Take(10).SequenceEqual(Integers(expected.GetProperty("first")))
            && actual.TakeLast(10).SequenceEqual(Integers(expected.GetProperty("last")))
            && actual.Sum(index => (long)index) == expected.GetProperty("sum").GetInt64();

    private static IEnumerable<VerificationRow> VerifySizes(JsonElement root, string name)
    {
        var factor = root.GetProperty("factor").GetInt32();
        var cases = root.GetProperty("cases").EnumerateArray().ToList();
        yield return Count("qwen_vl_utils", SmartResize.Fit);
        yield return Count("hf_4_50", SmartResize.FitAsTransformers);

        VerificationRow Count(string rule, Func<int, int, int, double, double, (int, int)> fit) =>
            VerificationRow.Compare(name, $"{rule} of {cases.Count} cases", cases.Count(golden => Fit(golden, fit) != Size(golden.GetProperty(rule))), 0);

        (int, int)? Fit(JsonElement golden, Func<int, int, int, double, double, (int, int)> fit)
        {
            try
            {
                return fit(
                    golden.GetProperty("h").GetInt32(), golden.GetProperty("w").GetInt32(), factor,
                    golden.GetProperty("min_pixels").GetDouble(), golden.GetProperty("max_pixels").GetDouble());
            }
            catch (ArgumentException)
            {
                return null;
            }
        }
    }

    private static IEnumerable<VerificationRow> VerifyVideo(JsonElement golden, SafetensorsFile tensors, string folder)
    {
        var key = golden.GetProperty("name").GetString()!;
        var compare = new GoldenTensors($"{folder}/{key}", tensors);
        var clip = Clip(tensors, $"{key}.frames", golden.GetProperty("video_fps").GetDouble());
        var config = new QwenProcessorConfig { MinPixels = 3136, MaxPixels = 12845056 }.With(ReadOptions(golden.GetProperty("ele")));
        var processor = new QwenVideoProcessor(config, clip);
        yield return compare.Exactly("video_grid_thw", Integers(golden.GetProperty("video_grid_thw")[0]), [processor.TimeSteps, processor.GridHeight, processor.GridWidth]);
        yield return VerificationRow.Compare(compare.Case, "second_per_grid_t", Math.Abs(golden.GetProperty("second_per_grid_t").GetDouble() - processor.SecondsPerStep), 1e-12);

        var (height, width) = processor.BudgetedSize;
        yield return compare.Exactly("resized_shape_TCHW", Integers(golden.GetProperty("resized_shape_TCHW")), [processor.FrameIndices.Count, 3, height, width]);
        var expected = tensors.Bytes($"{key}.resized_u8").ToArray();
        var actual = ChannelsFirst(Resize(clip, processor.FrameIndices, height, width, new TorchvisionResampler(clip.Height, clip.Width, height, width).Resize), height * width);
        var levels = expected.Length == actual.Length ? expected.Zip(actual, (first, second) => Math.Abs(first - second)).ToArray() : [256];
        yield return VerificationRow.Compare(compare.Case, "resized_u8 values off", levels.Count(level => level > 0), MostPixelsOff);
        yield return VerificationRow.Compare(compare.Case, "resized_u8 levels", levels.Max(), 1);

        float[] patches = [.. processor.ReadSteps().SelectMany(step => step.ToArray())];
        if (tensors.Tensors.ContainsKey($"{key}.pixel_values_videos"))
            yield return compare.Close("pixel_values_videos", tensors.ReadSingle($"{key}.pixel_values_videos"), patches, LevelTolerance);
        yield return compare.Close("pv_first8", Singles(golden.GetProperty("pv_first8")), patches[..8], LevelTolerance);
        yield return compare.Close("pv_last8", Singles(golden.GetProperty("pv_last8")), patches[^8..], LevelTolerance);
        // The second resize of a frame below the image processor's bounds spreads a level over its neighbours.
        var tolerance = SumTolerance * (processor.GridHeight * 14 == height ? 1 : 16);
        yield return VerificationRow.Compare(compare.Case, "pv_sum", Math.Abs(golden.GetProperty("pv_sum").GetDouble() - patches.Sum(value => (double)value)), tolerance);
        yield return VerificationRow.Compare(compare.Case, "pv_abs_sum", Math.Abs(golden.GetProperty("pv_abs_sum").GetDouble() - patches.Sum(value => (double)Math.Abs(value))), tolerance);
    }

    private static IEnumerable<VerificationRow> VerifyImageProcessor(JsonElement golden, SafetensorsFile tensors, string folder)
    {
        var key = golden.GetProperty("name").GetString()!;
        var compare = new GoldenTensors($"{folder}/{key}", tensors);
        var clip = Clip(tensors, $"{key}.frames", 2);
        var (height, width) = SmartResize.FitAsTransformers(clip.Height, clip.Width, Factor, golden.GetProperty("min_pixels").GetDouble(), golden.GetProperty("max_pixels").GetDouble());
        yield return compare.Exactly("resized_hw", Integers(golden.GetProperty("resized_hw")), [height, width]);

        var resized = Resize(clip, Enumerable.Range(0, clip.FrameCount), height, width, new PillowResampler(clip.Height, clip.Width, height, width).Resize);
        yield return compare.Exactly("resized_u8_THWC", Widen(tensors.Bytes($"{key}.resized_u8_THWC")), Widen(resized));

        var extractor = new PatchExtractor(new QwenProcessorConfig(), height, width);
        var frameLength = height * width * 3;
        var steps = (clip.FrameCount + 1) / 2;
        yield return compare.Exactly("video_grid_thw", Integers(golden.GetProperty("video_grid_thw")[0]), [steps, extractor.GridHeight, extractor.GridWidth]);
        byte[] padded = [.. resized, .. resized[^(frameLength * (2 * steps - clip.FrameCount))..]];
        var stepLength = extractor.GridHeight * extractor.GridWidth * extractor.PatchLength;
        var patches = new float[steps * stepLength];
        for (var t = 0; t < steps; t++)
            extractor.Extract(padded.AsSpan(t * 2 * frameLength, 2 * frameLength), patches.AsSpan(t * stepLength, stepLength));
        yield return compare.Close("pixel_values_videos", tensors.ReadSingle($"{key}.pixel_values_videos"), patches, ExactTolerance);
    }

    private static IEnumerable<VerificationRow> VerifySiglip(JsonElement root, SafetensorsFile tensors, string name)
    {
        var compare = new GoldenTensors(name, tensors);
        var clip = Clip(tensors, "frames", 1);
        var resized = Resize(clip, [0], 384, 384, new PillowResampler(clip.Height, clip.Width, 384, 384).Resize);
        if (tensors.Tensors.ContainsKey("frame0_resized384_u8_HWC"))
            yield return compare.Exactly("frame0_resized384_u8_HWC", Widen(tensors.Bytes("frame0_resized384_u8_HWC")), Widen(resized));
        yield return compare.Close("pixel_values_size55", tensors.ReadSingle("pixel_values_size55"), Pixels(55), ExactTolerance);

        var first = Pixels(384)[..(3 * 384 * 384)];
        var golden = root.GetProperty("frame0_384");
        yield return compare.Close("frame0_384 first8", Singles(golden.GetProperty("first8")), first[..8], ExactTolerance);
        yield return compare.Close("frame0_384 last8", Singles(golden.GetProperty("last8")), first[^8..], ExactTolerance);
        yield return VerificationRow.Compare(name, "frame0_384 sum", Math.Abs(golden.GetProperty("sum").GetDouble() - first.Sum(value => (double)value)), SumTolerance);

        float[] Pixels(int size) =>
            [.. new SiglipProcessor(clip, new LlavaFrameSampling { MaxFrames = clip.FrameCount }, size).ReadFrames().SelectMany(frame => frame.ToArray())];
    }

    private static QwenVideoOptions ReadOptions(JsonElement options) => new()
    {
        FramesPerSecond = Number(options, "fps"),
        FrameCount = (int?)Number(options, "nframes"),
        MinFrames = (int?)Number(options, "min_frames"),
        MaxFrames = (int?)Number(options, "max_frames"),
        MinPixels = Number(options, "min_pixels"),
        MaxPixels = Number(options, "max_pixels"),
        ResizedHeight = (int?)Number(options, "resized_height"),
        ResizedWidth = (int?)Number(options, "resized_width"),
    };

    private static double? Number(JsonElement options, string name) => options.TryGetProperty(name, out var value) ? value.GetDouble() : null;

    private static FrameClip Clip(SafetensorsFile tensors, string key, double framesPerSecond)
    {
        var shape = tensors.Tensors[key].Shape;
        return new FrameClip(tensors.Bytes(key).ToArray(), (int)shape[0], (int)shape[1], (int)shape[2], framesPerSecond);
    }

    private static byte[] Resize(FrameClip clip, IEnumerable<int> indices, int height, int width, FrameResize resize) => [.. clip.ReadFrames([.. indices]).SelectMany(frame =>
    {
        var resized = new byte[height * width * 3];
        resize(frame.Span, resized);
        return resized;
    })];

    // [T, pixels, 3] -> [T, 3, pixels]
    private static byte[] ChannelsFirst(byte[] frames, int pixels) =>
        [.. frames.Chunk(pixels * 3).SelectMany(frame => Enumerable.Range(0, 3).SelectMany(channel => Enumerable.Range(0, pixels).Select(pixel => frame[pixel * 3 + channel])))];

    private static bool Differ(JsonElement expected, double actual) => Math.Abs(expected.GetDouble() - actual) > 1e-12;

    private static (int, int)? Size(JsonElement size) => size.ValueKind == JsonValueKind.Array ? (size[0].GetInt32(), size[1].GetInt32()) : null;

    private static int[] Integers(JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetInt32())];

    private static float[] Singles(JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetSingle())];

    private static int[] Widen(ReadOnlySpan<byte> bytes) => Array.ConvertAll(bytes.ToArray(), value => (int)value);
}
