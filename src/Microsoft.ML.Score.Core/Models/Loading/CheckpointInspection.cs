using Microsoft.ML.Score.Models.Qwen2;
using Microsoft.ML.Score.Models.Qwen25VL;
using Microsoft.ML.Score.Models.Qwen3VL;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Text;

namespace Microsoft.ML.Score.Models.Loading;

/// <summary>
/// Checks the folder of a checkpoint from its small files and the headers of its weights, and goes on after a fault, so that all are known at
/// once. No weights are read.
/// </summary>
internal sealed class CheckpointInspection
{
    private const string ConfigFile = "config.json";
    private const string OneSource = "The files are of different models or versions: take all of them from one checkpoint.";

    private readonly CheckpointFiles _files;
    private readonly IModelConfig? _config;

    private CheckpointInspection(string folder)
    {
        _files = CheckpointFiles.FromFolder(folder);
        Configuration = Read(ConfigFile, () => VideoModel.ReadConfig(_files), out _config) is { } fault
            ? new("configuration", "cannot be used", fault)
            : new("configuration", $"{_config!.Architecture}, {_config.TextConfig.NumHiddenLayers} decoder layers");
    }

    private CheckpointCheck Configuration { get; }

    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static IReadOnlyList<CheckpointCheck> Run(string folder)
    {
        var check = new CheckpointInspection(folder);
        var weights = new WeightFiles(folder);
        return [check.Configuration, weights.Shards(), weights.Types(check._config?.Tensors().Of(weights.Tensors.ContainsKey)), check.Tensors(weights), .. check.Texts(), check.Frames(), check.ChatTemplate()];
    }

    private CheckpointCheck Tensors(WeightFiles weights)
    {
        const string name = "tensors";
        if (_config is null)
            return CheckpointCheck.Skipped(name, $"{ConfigFile} cannot be used");
        if (!weights.IsListed)
            return CheckpointCheck.Skipped(name, "no list of tensors could be read");

        var expected = _config.Tensors().Of(weights.Tensors.ContainsKey);
        var faults = new List<CheckpointFault>();
        foreach (var tensor in expected)
        {
            var shape = $"[{string.Join(", ", tensor.Shape)}]";
            if (!weights.Tensors.TryGetValue(tensor.Name, out var stored))
            {
                if (!weights.IsUnread(tensor.Name))
                    faults.Add(new(weights.ListFile, tensor.Name, $"{shape}, as {ConfigFile} says", "absent", OneSource));
            }
            else if (!stored.Tensor.Shape.SequenceEqual(tensor.Shape.Select(length => (long)length)))
            {
                faults.Add(new(stored.File, stored.Tensor.Name, $"{shape}, as {ConfigFile} says", stored.Tensor.ToString(), OneSource));
            }
            else if (TensorTypes.TryParse(stored.Tensor.Type, out var type) && !type.IsFloatingPoint())
            {
                faults.Add(new(stored.File, stored.Tensor.Name, "floating-point numbers", stored.Tensor.ToString(), "Take the checkpoint that is not quantised, or save it again in BF16."));
            }
        }

        var unused = weights.Tensors.Keys.Count(key => !expected.Contains(key));
        return new(name, $"{expected.Count} of the architecture{(unused > 0 ? $", and {unused} that nothing reads" : "")}", faults);
    }

    private IEnumerable<CheckpointCheck> Texts()
    {
        const string special = "special tokens";
        if (Read("tokenizer.json", () => Tokenizer.Load(_files), out var tokenizer) is { } fault)
        {
            var file = _files.Exists("tokenizer.json") ? "tokenizer.json" : "vocab.json, merges.txt";
            return [new("tokenizer", "cannot be used", fault with { File = file }), CheckpointCheck.Skipped(special, "the tokenizer cannot be used")];
        }

        if (_config is null)
            return [new("tokenizer", $"{tokenizer!.VocabularySize} tokens"), CheckpointCheck.Skipped(special, $"{ConfigFile} cannot be used")];

        var size = _config.TextConfig.VocabSize;
        CheckpointFault[] tooMany = tokenizer!.VocabularySize > size
            ? [new(ConfigFile, null, $"a vocab_size of at least the tokenizer's {tokenizer.VocabularySize} tokens", $"{size}", OneSource)]
            : [];
        return [new("tokenizer", $"{tokenizer.VocabularySize} tokens for {size} rows of embeddings", tooMany), SpecialTokens(special, tokenizer)];
    }

    private CheckpointCheck SpecialTokens(string name, Tokenizer tokenizer)
    {
        var faults = new List<CheckpointFault>();
        var words = new List<string>();
        Require("<|im_start|>", null, null);
        Require(QwenChatTemplate.EndOfTurn, null, null);
        (int Image, int Video)? pads = _config switch
        {
            Qwen25VLConfig qwen => (qwen.ImageTokenId, qwen.VideoTokenId),
            Qwen3VLConfig qwen => (qwen.ImageTokenId, qwen.VideoTokenId),
            _ => null,
        };
        if (pads is { } ids)
        {
            Require(QwenChatTemplate.VisionStart, null, null);
            Require(QwenChatTemplate.VisionEnd, null, null);
            Require(QwenChatTemplate.ImagePad, "image_token_id", ids.Image);
            Require(QwenChatTemplate.VideoPad, "video_token_id", ids.Video);
        }

        AddStopTokens(tokenizer, faults);
        return new(name, string.Join(", ", words), faults);

        void Require(string content, string? key, int? id)
        {
            if (!tokenizer.TryGetSpecialToken(content, out var actual))
                faults.Add(new("tokenizer_config.json", null, $"the added token {content}{(id is null ? "" : $" with the id {id}")}", "absent", "Copy the tokenizer's files from the released checkpoint."));
            else if (id is not null && actual != id)
                faults.Add(new(ConfigFile, null, $"{key} {actual}, the tokenizer's {content}", $"{id}", OneSource));
            else
                words.Add($"{content} {actual}");
        }
    }

    private void AddStopTokens(Tokenizer tokenizer, List<CheckpointFault> faults)
    {
        const string generation = "generation_config.json";
        var file = _files.Exists(generation) ? generation : ConfigFile;
        if (Read(file, () => StopIds(file) ?? StopIds(ConfigFile) ?? [], out var ids) is { } fault)
            faults.Add(fault);
        else if (ids!.Length == 0)
            faults.Add(new(file, null, "an eos_token_id", "none", $"Copy {generation} from the released checkpoint."));
        else
            faults.AddRange(ids.Where(id => id >= tokenizer.VocabularySize).Select(id => new CheckpointFault(file, null, $"an eos_token_id below the tokenizer's {tokenizer.VocabularySize} tokens", $"{id}", OneSource)));
    }

    private int[]? StopIds(string file)
    {
        var section = ConfigSection.Parse(_files.ReadAllBytes(file), file);
        return section.Integers("eos_token_id") ?? section.Section("text_config")?.Integers("eos_token_id");
    }

    private CheckpointCheck Frames()
    {
        const string name = "frame processor", image = ProcessorJson.ImageFile, video = ProcessorJson.VideoFile;
        string[] present = [.. ((string[])[image, video, ProcessorJson.SharedFile]).Where(_files.Exists)];
        var source = present.Length > 0 ? string.Join(", ", present) : image;
        (int Patch, int Step, int Merge, int Channels)? vision = _config switch
        {
            Qwen25VLConfig { VisionConfig: var tower } => (tower.PatchSize, tower.TemporalPatchSize, tower.SpatialMergeSize, tower.InChannels),
            Qwen3VLConfig { VisionConfig: var tower } => (tower.PatchSize, tower.TemporalPatchSize, tower.SpatialMergeSize, tower.InChannels),
            _ => null,
        };
        if (vision is not { } wanted)
            return _config is null ? CheckpointCheck.Skipped(name, $"{ConfigFile} cannot be used") : new(name, "SigLIP's, which has no file");
        if (Read(source, () => _config is Qwen3VLConfig ? Qwen3ProcessorConfig.Load(_files).Frames : QwenProcessorConfig.Load(_files), out var processor) is { } fault)
            return new(name, "cannot be used", fault);

        var faults = new List<CheckpointFault>();
        Require("patch_size", wanted.Patch, processor!.PatchSize);
        Require("temporal_patch_size", wanted.Step, processor.TemporalPatchSize);
        Require("merge_size", wanted.Merge, processor.MergeSize);
        if (wanted.Channels != 3)
            faults.Add(new(ConfigFile, null, "3 vision channels", $"{wanted.Channels}", OneSource));
        return new(name, present.Length > 0 ? source : $"neither {image} nor {video}: the original class's defaults hold", faults);

        void Require(string key, int expected, int actual)
        {
            if (expected != actual)
                faults.Add(new(source, null, $"{key} {expected}, as {ConfigFile} says", $"{actual}", OneSource));
        }
    }

    /// <summary>Only noted: the prompt of an architecture is the program's own, and LLaVA-Video's is in no file.</summary>
    private CheckpointCheck ChatTemplate()
    {
        const string name = "chat template";
        if (_config is not (Qwen25VLConfig or Qwen3VLConfig))
            return _config is null ? CheckpointCheck.Skipped(name, $"{ConfigFile} cannot be used") : new(name, "LLaVA-NeXT's conversation qwen_1_5, which has no file");
        if (Read("chat_template.jinja", () => StoredChatTemplate.Find(_files, _config is Qwen3VLConfig), out var template) is { } fault)
            return new(name, "cannot be read", fault);
        return new(name, template switch
        {
            null => "no file has one; the released one is used",
            { IsReleased: true } => $"{template.File}, the released one",
            _ => $"{template.File} is not the released one, which is used all the same",
        });
    }

    private static CheckpointFault? Read<T>(string file, Func<T> read, out T? value)
    {
        try
        {
            value = read();
            return null;
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            value = default;
            var isAbsent = exception is FileNotFoundException;
            return new CheckpointFault(
                file, null, "a file that can be used", isAbsent ? $"absent: {exception.Message}" : exception.Message,
                $"{(isAbsent ? "Copy" : "Mend it, or copy")} the file from the released checkpoint of the model.");
        }
    }
}
