using System.Text.Json;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Models.Qwen3VL;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Goldens;

/// <summary>
/// Golden cases of Qwen3-VL's frame processor: which frames are sampled by either rule, their timestamps, the sizes they are resized to, the
/// resized pixels and the normalised patches. Tables are one row a column, its deviation the number of cases that differ.
/// </summary>
internal static class Qwen3ProcessorCases
{
    private const string SamplingKey = "hf_sample_frames";
    private const double PatchTolerance = 1e-6; // float32 arithmetic on equal bytes
    private const double SumTolerance = 1e-2; // and their sums

    /// <summary>Whether a file is one of processor cases of Qwen3-VL; those of other models have some of the names and a layout of their own.</summary>
    public static bool IsCase(string path)
    {
        if (Path.GetExtension(path) != ".json")
            return false;
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var root = document.RootElement;
        return Path.GetFileName(path) switch
        {
            "frame_sampling.json" => root.ValueKind == JsonValueKind.Object && root.TryGetProperty(SamplingKey, out _),
            "smart_resize.json" => root.ValueKind == JsonValueKind.Object && root.TryGetProperty("video", out _) && root.TryGetProperty("image", out _),
            "qwen_vl_utils.json" or "video_processor.json" => root.ValueKind == JsonValueKind.Array,
            _ => false,
        };
    }

    /// <param name="path">A file of cases, its tensors beside it.</param>
    /// <param name="name">The file's name in the rows.</param>
    public static IEnumerable<VerificationRow> Verify(string path, string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var root = document.RootElement;
        switch (Path.GetFileName(path))
        {
            case "frame_sampling.json":
                return [.. VerifySampling(root, name)];
            case "smart_resize.json":
                return [.. VerifySizes(root, name)];
            case "qwen_vl_utils.json":
                return [.. VerifyUtils(root, name)];
            default:
                using (var tensors = SafetensorsFile.Open(Path.ChangeExtension(path, ".safetensors")))
                    return [.. root.EnumerateArray().SelectMany(golden => VerifyVideo(golden, tensors, name))];
        }
    }

    private static IEnumerable<VerificationRow> VerifySampling(JsonElement root, string name)
    {
        var cases = root.GetProperty(SamplingKey).EnumerateArray().Select(golden => (Golden: golden, Indices: Sample(golden))).ToList();
        yield return Count(name, "refusals", cases, item => IsError(item.Golden) != (item.Indices is null));
        var sampled = cases.Where(item => !IsError(item.Golden) && item.Indices is not null).ToList();
        yield return Count(name, "indices", sampled, item => !Same(item.Golden, "indices", item.Indices!, index => index.GetInt32(), index => index));
        yield return Count(name, "timestamps", sampled, item => !SameTimes(item.Golden, item.Indices!, item.Golden.GetProperty("fps_used").GetDouble()));

        var roundings = root.GetProperty("timestamp_rounding").EnumerateArray().Select(golden => (Golden: golden, Indices: Integers(golden.GetProperty("indices")))).ToList();
        yield return Count(name, "rounded timestamps", roundings, item => !SameTimes(item.Golden, item.Indices, item.Golden.GetProperty("fps").GetDouble()));
        yield return Count(name, "means", roundings, item =>
            !Times(item.Indices, item.Golden.GetProperty("fps").GetDouble()).SequenceEqual(item.Golden.GetProperty("means").EnumerateArray().Select(mean => mean.GetDouble())));
    }

    private static int[]? Sample(JsonElement golden)
    {
        var arguments = golden.GetProperty("args");
        var options = new QwenVideoOptions
        {
            FramesPerSecond = Number(arguments, "fps"),
            FrameCount = (int?)Number(arguments, "num_frames"),
            MinFrames = (int?)Number(arguments, "min_frames"),
            MaxFrames = (int?)Number(arguments, "max_frames"),
        };
        return options is { FramesPerSecond: not null, FrameCount: not null }
            ? null
            : new Qwen3ProcessorConfig().With(options, Qwen3VLFrameRules.HuggingFace).Sample(golden.GetProperty("total").GetInt32(), Number(golden, "fps_used") ?? 24);
    }

    private static IEnumerable<VerificationRow> VerifySizes(JsonElement root, string name)
    {
        const int factor = 32;
        yield return Count(name, "videos", root.GetProperty("video").EnumerateArray(), golden => Size(golden.GetProperty("result_5.3")) != Fit(() => ClipSize.OfVideo(
            golden.GetProperty("num_frames").GetInt32(), golden.GetProperty("height").GetInt32(), golden.GetProperty("width").GetInt32(), factor, 2, Bound(golden, "min"), Bound(golden, "max"))));
        yield return Count(name, "stills", root.GetProperty("image").EnumerateArray(), golden => Size(golden.GetProperty("result")) != Fit(() => ClipSize.OfStill(
            golden.GetProperty("height").GetInt32(), golden.GetProperty("width").GetInt32(), factor, Bound(golden, "min"), Bound(golden, "max"))));

        static double Bound(JsonElement golden, string key) => golden.GetProperty(key).GetDouble();
    }

    private static IEnumerable<VerificationRow> VerifyUtils(JsonElement root, string name)
    {
        var cases = root.EnumerateArray().Select(golden => (Golden: golden, Found: Utils(golden))).ToList();
        yield return Count(name, "refusals", cases, item => IsError(item.Golden) != (item.Found is null));
        var sampled = cases.Where(item => !IsError(item.Golden) && item.Found is not null).ToList();
        yield return Count(name, "nframes", sampled, item => item.Golden.GetProperty("nframes").GetInt32() != item.Found!.Value.Indices.Length);
        yield return Count(name, "sample_fps", sampled, item => Math.Abs(item.Golden.GetProperty("sample_fps").GetDouble() - item.Found!.Value.FramesPerSecond) > 1e-12);
        yield return Count(name, "resized", sampled, item => Size(item.Golden.GetProperty("resized")) != item.Found!.Value.Size);
        yield return Count(name, "grid_thw", sampled, item => !Integers(item.Golden.GetProperty("grid_thw"))
            .SequenceEqual([item.Found!.Value.Indices.Length / 2, item.Found.Value.Size.Height / 16, item.Found.Value.Size.Width / 16]));

        // A part of a video is a clip of its own here, whose frames count from 0.
        var whole = sampled.Where(item => !item.Golden.GetProperty("ele").TryGetProperty("video_start", out _)).ToList();
        yield return Count(name, "indices", whole, item => !Same(item.Golden, "indices", item.Found!.Value.Indices, index => index.GetInt32(), index => index));
        yield return Count(name, "timestamps", whole, item => !SameTimes(item.Golden, item.Found!.Value.Indices, item.Golden.GetProperty("fps").GetDouble()));
    }

    private static (int[] Indices, double FramesPerSecond, (int Height, int Width) Size)? Utils(JsonElement golden)
    {
        var ele = golden.GetProperty("ele");
        var (total, fps) = (golden.GetProperty("total").GetInt32(), golden.GetProperty("fps").GetDouble());
        if (Number(ele, "video_start") is { } start)
            total = (int)Math.Floor((Number(ele, "video_end") ?? total / fps) * fps) - (int)Math.Ceiling(start * fps) + 1;
        var options = new QwenVideoOptions
        {
            FramesPerSecond = Number(ele, "fps"),
            FrameCount = (int?)Number(ele, "nframes"),
            MinFrames = (int?)Number(ele, "min_frames"),
            MaxFrames = (int?)Number(ele, "max_frames"),
            MinPixels = Number(ele, "min_pixels"),
            MaxPixels = Number(ele, "max_pixels"),
            ResizedHeight = (int?)Number(ele, "resized_height"),
            ResizedWidth = (int?)Number(ele, "resized_width"),
        };
        try
        {
            var frames = new Qwen3ProcessorConfig().With(options, Qwen3VLFrameRules.QwenVLUtils).Frames;
            var (indices, sampled) = frames.Sampling.Select(total, fps);
            return (indices, sampled, frames.FrameSize(golden.GetProperty("height").GetInt32(), golden.GetProperty("width").GetInt32(), indices.Length).Budgeted);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static IEnumerable<VerificationRow> VerifyVideo(JsonElement golden, SafetensorsFile tensors, string folder)
    {
        var key = golden.GetProperty("name").GetString()!;
        var compare = new GoldenTensors($"{folder}/{key}", tensors);
        var shape = tensors.Tensors[$"{key}.frames"].Shape;
        var clip = new FrameClip(tensors.Bytes($"{key}.frames").ToArray(), (int)shape[0], (int)shape[1], (int)shape[2], golden.GetProperty("native_fps").GetDouble());
        var (size, arguments) = (golden.GetProperty("size"), golden.GetProperty("args"));
        var config = new Qwen3ProcessorConfig { VideoMinPixels = size.GetProperty("shortest_edge").GetDouble(), VideoMaxPixels = size.GetProperty("longest_edge").GetDouble() }
            .With(new QwenVideoOptions { FramesPerSecond = Number(arguments, "fps"), FrameCount = (int?)Number(arguments, "num_frames") }, Qwen3VLFrameRules.HuggingFace);
        var processor = config.ProcessorOf(clip);
        yield return compare.Exactly("frames_indices", Integers(golden.GetProperty("frames_indices")), [.. processor.FrameIndices.Take(golden.GetProperty("frames_indices").GetArrayLength())]);
        yield return compare.Exactly("grid_thw", Integers(golden.GetProperty("grid_thw")), [processor.TimeSteps, processor.GridHeight, processor.GridWidth]);
        yield return VerificationRow.Exactly(compare.Case, "timestamps", Texts(golden.GetProperty("timestamps")), [.. Times([.. processor.FrameIndices], clip.FramesPerSecond).Select(Timestamps.Text)]);

        var (height, width) = processor.BudgetedSize;
        yield return compare.Exactly("resized", Integers(golden.GetProperty("resized")), [height, width]);
        var resampler = new PillowResampler(clip.Height, clip.Width, height, width, shortWeights: true);
        var resized = new List<int>();
        foreach (var frame in clip.ReadFrames(processor.FrameIndices))
        {
            var pixels = new byte[height * width * 3];
            resampler.Resize(frame.Span, pixels);
            for (var channel = 0; channel < 3; channel++)
                for (var pixel = 0; pixel < height * width; pixel++)
                    resized.Add(pixels[pixel * 3 + channel]);
        }

        yield return compare.Exactly("resized_u8", Array.ConvertAll(tensors.Bytes($"{key}.resized_u8").ToArray(), value => (int)value), [.. resized]);
        float[] patches = [.. processor.ReadSteps().SelectMany(step => step.ToArray())];
        yield return compare.Close("pixel_values_first_row", tensors.ReadSingle($"{key}.pixel_values_first_row"), patches[..processor.PatchLength], PatchTolerance);
        yield return compare.Close("pixel_values_last_row", tensors.ReadSingle($"{key}.pixel_values_last_row"), patches[^processor.PatchLength..], PatchTolerance);
        yield return VerificationRow.Compare(compare.Case, "pixel_values_sum", Math.Abs(golden.GetProperty("pixel_values_sum").GetDouble() - patches.Sum(value => (double)value)), SumTolerance);
        yield return VerificationRow.Compare(
            compare.Case, "pixel_values_abs_sum", Math.Abs(golden.GetProperty("pixel_values_abs_sum").GetDouble() - patches.Sum(value => (double)Math.Abs(value))), SumTolerance);
    }

    private static double[] Times(int[] indices, double framesPerSecond) => Timestamps.Of(indices.Length % 2 == 0 ? indices : [.. indices, indices[^1]], framesPerSecond, 2);

    private static bool SameTimes(JsonElement golden, int[] indices, double framesPerSecond) =>
        Same(golden, "timestamps", Times(indices, framesPerSecond).Select(Timestamps.Text).ToArray(), text => text.GetString()!, text => 0);

    /// <summary>A list in full; or its head and tail, as lists of their own or one after the other in a row marked as shortened, with what is known of the whole.</summary>
    private static bool Same<T>(JsonElement golden, string key, T[] actual, Func<JsonElement, T> read, Func<T, long> value)
    {
        if (golden.TryGetProperty($"{key}_sum", out var sum) && sum.GetInt64() != actual.Sum(value))
            return false;
        if (golden.TryGetProperty($"{key}_head", out var head))
            return Read(head).SequenceEqual(actual.Take(head.GetArrayLength())) && Read(golden.GetProperty($"{key}_tail")).SequenceEqual(actual.TakeLast(golden.GetProperty($"{key}_tail").GetArrayLength()))
                && (key != "indices" || golden.GetProperty("count").GetInt32() == actual.Length);
        var expected = Read(golden.GetProperty(key)).ToArray();
        return golden.TryGetProperty("shortened", out var shortened) && shortened.GetBoolean() && expected.Length < actual.Length
            ? expected.SequenceEqual([.. actual.Take(expected.Length / 2), .. actual.TakeLast(expected.Length - expected.Length / 2)])
            : expected.SequenceEqual(actual);

        IEnumerable<T> Read(JsonElement array) => array.EnumerateArray().Select(read);
    }

    private static VerificationRow Count<T>(string name, string quantity, IEnumerable<T> cases, Func<T, bool> differs)
    {
        var all = cases.ToList();
        return VerificationRow.Compare(name, $"{quantity} of {all.Count} cases", all.Count(differs), 0);
    }

    private static (int, int)? Fit(Func<(int, int)> fit)
    {
        try
        {
            return fit();
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static bool IsError(JsonElement golden) => golden.TryGetProperty("error", out _);

    private static double? Number(JsonElement options, string name) => options.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    private static (int, int)? Size(JsonElement size) => size.ValueKind == JsonValueKind.Array ? (size[0].GetInt32(), size[1].GetInt32()) : null;

    private static int[] Integers(JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetInt32())];

    private static string[] Texts(JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetString()!)];
}
