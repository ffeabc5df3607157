using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Models.Qwen25VL;

/// <summary>
/// One processor's settings in the words of its file: a file of its own, or a part of processor_config.json, into which transformers 5
/// saves them. Where a checkpoint has both, what they both say must be the same.
/// </summary>
internal sealed record ProcessorJson(
    int? PatchSize = null, int? TemporalPatchSize = null, int? MergeSize = null, float[]? ImageMean = null, float[]? ImageStd = null,
    double? MinPixels = null, double? MaxPixels = null, ProcessorSizeJson? Size = null, double? Fps = null, int? MinFrames = null, int? MaxFrames = null,
    bool? DoResize = null, bool? DoRescale = null, bool? DoNormalize = null, int? Resample = null, double? RescaleFactor = null)
{
    public const string ImageFile = "preprocessor_config.json";
    public const string VideoFile = "video_preprocessor_config.json";
    public const string SharedFile = "processor_config.json";

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The settings of images and of videos; those of a processor that no file has are all null.</summary>
    /// <exception cref="InvalidDataException">A file is malformed, asks for something that is not supported, or contradicts another.</exception>
    public static (ProcessorJson Image, ProcessorJson Video) Read(CheckpointFiles files)
    {
        var shared = Parse<SharedJson>(files, SharedFile);
        return (
            Unite(Parse<ProcessorJson>(files, ImageFile) ?? new(), ImageFile, shared?.ImageProcessor, "image_processor", files),
            Unite(Parse<ProcessorJson>(files, VideoFile) ?? new(), VideoFile, shared?.VideoProcessor, "video_processor", files));
    }

    private static T? Parse<T>(CheckpointFiles files, string name)
        where T : class
    {
        if (!files.Exists(name))
            return null;
        try
        {
            return JsonSerializer.Deserialize<T>(files.ReadAllBytes(name), s_json) ?? throw new InvalidDataException($"{name} in {files.Description} holds null.");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{name} in {files.Description} is malformed: {Excerpt.Of(exception)}", exception);
        }
    }

    private static ProcessorJson Unite(ProcessorJson own, string file, ProcessorJson? part, string key, CheckpointFiles files)
    {
        own = own.Checked($"{file} in {files.Description}");
        if (part is null)
            return own;
        part = part.Checked($"{key} of {SharedFile} in {files.Description}");
        var settings = JsonSerializer.SerializeToNode(own, s_json)!.AsObject();
        foreach (var (name, value) in JsonSerializer.SerializeToNode(part, s_json)!.AsObject().Where(setting => setting.Value is not null))
        {
            if (settings[name] is { } other && !JsonNode.DeepEquals(other, value))
                throw new InvalidDataException(
                    $"In {files.Description} {name} is {Excerpt.Of(other.ToJsonString())} in {file} and {Excerpt.Of(value!.ToJsonString())} in {key} of {SharedFile}; remove the wrong one.");
            settings[name] = value!.DeepClone();
        }

        return settings.Deserialize<ProcessorJson>(s_json)!;
    }

    /// <summary>The settings with <c>size</c> as bounds of pixels, which is what it means; bounds that are there themselves win, as in the original.</summary>
    private ProcessorJson Checked(string source)
    {
        if (Size is { ShortestEdge: null } or { LongestEdge: null })
            throw new InvalidDataException($"size in {source} must have shortest_edge and longest_edge, which bound the pixels.");
        Require(DoResize != false, "do_resize", "false", "true");
        Require(DoRescale != false, "do_rescale", "false", "true");
        Require(DoNormalize != false, "do_normalize", "false", "true");
        Require(Resample is null or 3, "resample", Resample, "3, bicubic");
        Require(Math.Abs((RescaleFactor ?? 1 / 255.0) - 1 / 255.0) <= 1e-7, "rescale_factor", RescaleFactor, "1/255");
        foreach (var (name, value) in ((string, double?)[])[("min_pixels", MinPixels), ("max_pixels", MaxPixels), ("shortest_edge", Size?.ShortestEdge), ("longest_edge", Size?.LongestEdge), ("fps", Fps)])
            Require(double.IsFinite(value ?? 0), name, value, "a finite number");
        Require((ImageMean ?? []).All(float.IsFinite), "image_mean", "not finite", "finite numbers");
        Require((ImageStd ?? []).All(value => value > 0 && float.IsFinite(value)), "image_std", $"[{string.Join(", ", ImageStd ?? [])}]", "positive numbers");
        return this with { MinPixels = MinPixels ?? Size?.ShortestEdge, MaxPixels = MaxPixels ?? Size?.LongestEdge, Size = null };

        void Require(bool holds, string key, object? actual, string expected)
        {
            if (!holds)
                throw new InvalidDataException(FormattableString.Invariant($"{key} {actual} in {source} is not supported; expected {expected}."));
        }
    }

    private sealed record SharedJson(ProcessorJson? ImageProcessor = null, ProcessorJson? VideoProcessor = null);
}

/// <summary>Bounds of the pixels of a frame, under the words that transformers has for sides.</summary>
internal sealed record ProcessorSizeJson(double? ShortestEdge = null, double? LongestEdge = null);
