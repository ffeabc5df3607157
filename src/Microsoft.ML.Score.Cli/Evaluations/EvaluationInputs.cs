using Microsoft.ML.Score.Models;

namespace Score.Cli.Evaluations;

/// <summary>
/// The files that an evaluation needs. All of them are looked for before any work, and there is a message for each that is missing: what it is
/// for and where it was looked for.
/// </summary>
/// <param name="purpose">What needs them, for the message: a preset or the command.</param>
internal sealed class EvaluationInputs(string purpose)
{
    private static readonly string[] s_annotationTypes = [".parquet", ".jsonl", ".json", ".tsv"];

    private readonly List<string> _missing = [];

    /// <summary>The annotations and the folder of videos of a benchmark.</summary>
    /// <param name="name">The benchmark.</param>
    /// <param name="data">The folder that holds a folder for each benchmark.</param>
    /// <param name="annotations">Where the annotations lie otherwise.</param>
    /// <param name="videos">Where the videos lie otherwise.</param>
    public (string Annotations, string Videos) FindBenchmark(string name, string data, string? annotations, string? videos)
    {
        var folder = Path.Combine(data, name);
        var file = annotations ?? Path.Combine(folder, "annotations");
        string[] types = annotations is null ? ["", .. s_annotationTypes] : [""];
        var found = types.Select(type => file + type).FirstOrDefault(Path.Exists);
        if (found is null)
            _missing.Add($"the annotations of {name} (--annotations {name}=PATH; not at {file}{(annotations is null ? $" or with {string.Join(", ", s_annotationTypes)}" : "")})");
        videos ??= Path.Combine(folder, "videos");
        if (!Directory.Exists(videos))
            _missing.Add($"the videos of {name} (--video-folder {name}=PATH; not at {videos})");
        return (found ?? "", videos);
    }

    /// <summary>The checkpoint that a preset is run on.</summary>
    public void RequireModel(PaperPreset preset, string source)
    {
        var found = source == "tiny" ? "the embedded model is none" : ArchitectureOf(source);
        if (found != preset.Architecture)
            _missing.Add($"a {preset.Architecture} checkpoint, in the paper {preset.Checkpoint} (--model FOLDER; {found})");
    }

    /// <summary>A policy file, where none ships for the model.</summary>
    public void RequirePolicy(string option, string? path, string what)
    {
        if (!File.Exists(path))
            _missing.Add($"{what} ({option} FILE; {(path is null ? "none is given" : $"not at {path}")})");
    }

    /// <summary>The SigLIP checkpoint whose pooling head FastVID needs with LLaVA-Video.</summary>
    public void RequireSiglip(string? folder)
    {
        if (!Directory.Exists(folder))
            _missing.Add($"a SigLIP checkpoint for FastVID, google/siglip-so400m-patch14-384 (--siglip FOLDER; {(folder is null ? "none is given" : $"not at {folder}")})");
    }

    /// <exception cref="FileNotFoundException">Something was not found: one thing, or those that were written as messages.</exception>
    public void ThrowIfMissing(TextWriter error)
    {
        if (_missing.Count == 1)
            throw new FileNotFoundException($"{purpose} needs what is not there: {_missing[0]}.");
        foreach (var (index, item) in _missing.Index())
            error.WriteLine($"score: {purpose} needs what is not there: {index + 1}. {item}.");
        if (_missing.Count > 0)
            throw new FileNotFoundException($"{purpose} lacks {_missing.Count} things, listed above.");
    }

    private static string ArchitectureOf(string source)
    {
        try
        {
            return VideoModel.Describe(source).Architecture;
        }
        catch (DirectoryNotFoundException)
        {
            return $"not at {source}, nor in the Hugging Face cache";
        }
        catch (Exception exception) when (exception is InvalidDataException or FileNotFoundException)
        {
            return $"{source} is none: {exception.Message}";
        }
    }
}
