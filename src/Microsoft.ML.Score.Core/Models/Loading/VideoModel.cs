using System.Diagnostics;
using Microsoft.ML.Score.Models.LlavaVideo;
using Microsoft.ML.Score.Models.Loading;
using Microsoft.ML.Score.Models.Qwen2;
using Microsoft.ML.Score.Models.Qwen25VL;
using Microsoft.ML.Score.Models.Qwen3VL;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Models;

/// <summary>Loads frozen video-language models.</summary>
public static class VideoModel
{
    internal const string EmbeddedSource = "tiny";
    private const string EmbeddedPrefix = "Models/Tiny/";

    // Of the synthetic world's clips, which stand on a later floor; a test encodes some.
    private const int SyntheticGridSide = 6;

    /// <summary>Loads a model. Weights stay in their stored type, mapped from the files where they are files.</summary>
    /// <param name="source">
    /// "tiny" for the model embedded in this library, trained on the synthetic world alone (it knows nothing of real video), the folder of a Hugging Face checkpoint (Qwen3-VL, Qwen2.5-VL or LLaVA-Video on Qwen2),
    /// or the id of one on the Hugging Face hub, such as "Qwen/Qwen2.5-VL-7B-Instruct" or with a revision "ORGANISATION/NAME@REVISION", which is looked for in the local cache
    /// ($HF_HUB_CACHE, $HF_HOME/hub or ~/.cache/huggingface/hub) and never downloaded. A path that exists wins.
    /// </param>
    /// <param name="options">How to run it; null means the defaults.</param>
    /// <returns>The model, which the caller disposes.</returns>
    /// <exception cref="ArgumentException">The source is empty, or options are out of range; the message names all of them.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder, and the cache has no model of that id; the message says how to get it.</exception>
    /// <exception cref="FileNotFoundException">A file of the checkpoint is missing.</exception>
    /// <exception cref="InsufficientMemoryException">The model is beyond <see cref="VideoModelOptions.MemoryLimit"/>.</exception>
    /// <exception cref="InvalidDataException">
    /// A file is corrupt, the architecture is not supported, or a tensor is missing, of another shape or not of floating-point numbers.
    /// </exception>
    public static IVideoLanguageModel Load(string source, VideoModelOptions? options = null)
    {
        ThrowIfNoSource(source);

        options ??= new VideoModelOptions();
        options.ThrowIfFaulty(nameof(options));

        var kernels = options.Backend.Kernels;
        var files = Files(source);
        var config = ReadConfig(files);
        ModelDescription.Read(files, config).ThrowIfBeyond(options.MemoryLimit);
        if (config is Qwen25VLConfig or Qwen3VLConfig && StoredChatTemplate.Difference(files, config is Qwen3VLConfig) is { } difference)
            options.Warn?.Invoke(difference);
        return config switch
        {
            Qwen25VLConfig qwen => Qwen25VLVideoModel.Load(
                source, files, qwen with { TemporalPositions = options.TemporalPositions }, kernels, options.QwenVideo, options.EncoderStatistics),
            Qwen3VLConfig qwen => Qwen3VLVideoModel.Load(source, files, qwen, kernels, options.QwenVideo, options.Qwen3VL, options.EncoderStatistics),
            LlavaVideoConfig llava => LlavaVideoLanguageModel.Load(source, files, llava, kernels, options.LlavaVideo, options.EncoderStatistics),
            _ => throw new UnreachableException(config.Architecture),
        };
    }

    /// <summary>Describes a model without loading it, from config.json and the headers of its tensors.</summary>
    /// <param name="source">As <see cref="Load"/>'s.</param>
    /// <exception cref="ArgumentException">The source is empty.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">What is wrong with config.json or a tensor is an error as in <see cref="Load"/>.</exception>
    /// <example><code>long bytes = VideoModel.Describe("tiny").Bytes; // of the weights</code></example>
    public static ModelDescription Describe(string source)
    {
        ThrowIfNoSource(source);

        var files = Files(source);
        return ModelDescription.Read(files, ReadConfig(files));
    }

    /// <summary>
    /// Checks the files of a checkpoint against each other, and goes on after a fault, so that all are known at once; <see cref="Load"/> ends at
    /// the first. Small files and the headers of the weights are read, no weights.
    /// </summary>
    /// <param name="folder">The folder of a Hugging Face checkpoint, or an id as <see cref="Load"/> takes it.</param>
    /// <returns>The checks in the order in which they are made; nothing is wrong where none has faults.</returns>
    /// <exception cref="ArgumentException">The folder is empty.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <example><code>bool isRight = VideoModel.Check("models/Qwen2.5-VL-7B-Instruct").All(check => check.Faults.Count == 0);</code></example>
    public static IReadOnlyList<CheckpointCheck> Check(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);

        return CheckpointInspection.Run(CheckpointFolder.Of(folder));
    }

    /// <summary>Why the results of a model on a video mean nothing, as a sentence to show; null where no reason is known. The embedded model knows the synthetic world alone.</summary>
    /// <param name="model">The model.</param>
    /// <param name="grid">The video's tokens, by which a clip of the synthetic world is told; null for a video that is known to be none.</param>
    public static string? LimitOf(VideoModelInfo model, TokenGrid? grid = null)
    {
        ArgumentNullException.ThrowIfNull(model);

        // The synthetic world's clips alone have that grid: the embedded model's processor gives it to frames of 48x48 pixels only.
        return model.Source != EmbeddedSource || (grid?.Height, grid?.Width) == (SyntheticGridSide, SyntheticGridSide)
            ? null
            : $"The model '{EmbeddedSource}' was trained on the synthetic world alone and knows nothing of real video: its results on the videos given mean nothing.";
    }

    private static void ThrowIfNoSource(string source)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (string.IsNullOrWhiteSpace(source))
            throw new ArgumentException($"The model must be '{EmbeddedSource}', a checkpoint folder or a hub id, got '{source}'.", nameof(source));
    }

    private static CheckpointFiles Files(string source) => source == EmbeddedSource ? EmbeddedFiles() : CheckpointFiles.FromFolder(CheckpointFolder.OfWhole(source));

    internal static IModelConfig ReadConfig(CheckpointFiles files)
    {
        var file = $"config.json in {files.Description}";
        var config = ConfigSection.Parse(files.ReadAllBytes("config.json"), file);
        var (architecture, read) = config.Text("model_type") switch
        {
            "qwen2_5_vl" => ("Qwen2_5_VLForConditionalGeneration", (Func<ConfigSection, IModelConfig>)Qwen25VLConfig.Read),
            "qwen3_vl" => ("Qwen3VLForConditionalGeneration", Qwen3VLConfig.Read),
            "llava_qwen" => ("LlavaQwenForCausalLM", LlavaVideoConfig.Read),
            var other => throw new InvalidDataException($"{file}: model_type '{other}' is not supported; expected 'qwen3_vl', 'qwen2_5_vl' or 'llava_qwen'."),
        };
        return config.Texts("architectures") is not { } architectures || architectures.Contains(architecture)
            ? read(config)
            : throw new InvalidDataException($"{file}: architectures [{string.Join(", ", architectures)}] are not supported; expected '{architecture}'.");
    }

    private static CheckpointFiles EmbeddedFiles()
    {
        var files = CheckpointFiles.FromResources(typeof(VideoModel).Assembly, EmbeddedPrefix);
        return files.Exists("config.json")
            ? files
            : throw new FileNotFoundException(
                $"This build of {typeof(VideoModel).Assembly.GetName().Name} does not embed the model '{EmbeddedSource}'; name a checkpoint folder instead.");
    }
}
