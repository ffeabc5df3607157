using System.Globalization;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Models.Loading;
using Microsoft.ML.Score.Storage;
using Score.Cli.Hub;
using Score.Cli.Output;

namespace Score.Cli.Listing;

/// <summary>A model that <c>--model</c> can name.</summary>
/// <param name="Name">The name.</param>
/// <param name="Folder">Its files; null for the embedded one, and where there are none yet.</param>
/// <param name="State">One of the words of <see cref="ModelList"/>.</param>
/// <param name="Description">What it is, where that can be told.</param>
/// <param name="Reason">What keeps it from being loaded; null where nothing is known to.</param>
internal sealed record ListedModel(string Name, string? Folder, string State, ModelDescription? Description, string? Reason);

/// <summary>
/// The embedded model and those of the local Hugging Face cache: each is described as <c>score model</c> does it, from config.json, the tokenizer's files and
/// the headers of its weights, so that one that is ready is one that loads.
/// </summary>
internal sealed class ModelList
{
    public const string Ready = "ready", Incomplete = "incomplete", NotUsable = "not usable";

    private readonly HubCache _cache;
    private readonly ListedModel[] _models;

    /// <param name="embedded">The name of the embedded model.</param>
    /// <param name="cache">The cache; it need not exist.</param>
    public ModelList(string embedded, HubCache cache)
    {
        _cache = cache;
        _models = [Describe(embedded, null), .. CachedModels.In(cache).Select(model => Describe(model.ToString(), FolderOf(model)))];
    }

    /// <summary>The architectures that load, and the <c>model_type</c> of their config.json.</summary>
    public static IReadOnlyDictionary<string, string> Families { get; } = new OrderedDictionary<string, string>
    {
        ["qwen3_vl"] = "Qwen3-VL, the dense ones",
        ["qwen2_5_vl"] = "Qwen2.5-VL",
        ["llava_qwen"] = "LLaVA-Video on Qwen2",
    };

    public object ToJson() => new
    {
        cache = _cache.Folder,
        families = Families.Select(family => new { modelType = family.Key, name = family.Value }),
        items = _models.Select(model => new
        {
            model = model.Name,
            state = model.State,
            architecture = model.Description?.Architecture,
            parameters = model.Description?.Parameters,
            bytes = model.Description?.Bytes,
            folder = model.Folder,
            reason = model.Reason,
        }),
    };

    public void Write(TextWriter output)
    {
        var table = new TextTable("model", "architecture", "parameters", "size", "state");
        foreach (var model in _models)
            table.Add(model.Name, model.Description?.Architecture ?? "-", Count(model.Description?.Parameters), model.Description is { } known ? ByteCount.Format(known.Bytes) : "-", model.State);
        table.Write(output);
        foreach (var model in _models.Where(model => model.Reason is not null))
            output.WriteLine(VisibleText.Message($"{model.Name}: {model.Reason}"));
        output.WriteLine($"supported: {string.Join("; ", Families.Select(family => $"{family.Value} ({family.Key})"))}");
        output.WriteLine($"cache: {VisibleText.Message(_cache.Folder)}{(Directory.Exists(_cache.Folder) ? "" : ", which is not there")}");
    }

    private static ListedModel Describe(string name, string? folder)
    {
        try
        {
            var description = VideoModel.Describe(name);
            return description.TokenizerFault() is { } fault ? new(name, folder, NotUsable, description, fault) : new(name, folder, Ready, description, null);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return new(name, folder, Incomplete, null, exception.Message);
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return new(name, folder, NotUsable, null, exception.Message);
        }
    }

    private string? FolderOf(HubModelId model)
    {
        try
        {
            return _cache.Find(model);
        }
        catch (InvalidDataException)
        {
            return null; // its reference holds no commit, which the description says
        }
    }

    private static string Count(long? parameters) => parameters switch
    {
        null => "-",
        >= 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{parameters / 1e9:0.0} billion"),
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{parameters / 1e6:0.0} million"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{parameters:N0}"),
    };
}
