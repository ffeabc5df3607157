using System.Text.Json;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Models.Loading;

/// <summary>The folder that the name of a checkpoint means: a path that exists, or else a model of the Hugging Face hub in the local cache. Nothing is downloaded.</summary>
internal static class CheckpointFolder
{
    private const int MostShown = 3;

    /// <summary>The folder; the name itself where it is neither, for who opens it to say so.</summary>
    /// <exception cref="DirectoryNotFoundException">It is the id of a model that the cache does not have.</exception>
    /// <exception cref="InvalidDataException">The cache's file that says which commit a revision is holds none.</exception>
    public static string Of(string source)
    {
        if (Path.Exists(source) || HubModelId.TryParse(source) is not { } model)
            return source;
        var cache = HubCache.OfUser();
        return cache.Find(model) ?? throw new DirectoryNotFoundException(
            $"There is no folder '{source}' to load a model from, and the Hugging Face cache '{cache.Folder}' {Lacks(cache, model)}. '{model.DownloadCommand}' gets it (or huggingface-cli download); "
            + "a checkpoint elsewhere is named by its folder, another cache by HF_HUB_CACHE or HF_HOME.");
    }

    /// <summary>The folder, where all files are in it that a download should have brought.</summary>
    /// <exception cref="FileNotFoundException">Of a model in the cache files are missing.</exception>
    public static string OfWhole(string source)
    {
        var folder = Of(source);
        if (folder == source || MissingFrom(folder) is not { Count: > 0 } missing)
            return folder;
        var shown = string.Join(", ", missing.Take(MostShown).Select(Excerpt.Of)) + (missing.Count > MostShown ? $" and {missing.Count - MostShown} more" : "");
        throw new FileNotFoundException(
            $"The download of '{source}' in '{folder}' is incomplete: {shown} {(missing.Count == 1 ? "is" : "are")} missing. Run '{HubModelId.TryParse(source)!.DownloadCommand}', which gets the rest.", missing[0]);
    }

    private static string Lacks(HubCache cache, HubModelId model)
    {
        if (!Directory.Exists(cache.FolderOf(model)))
            return "has no model of that id";
        var refs = Path.Combine(cache.FolderOf(model), "refs");
        string[] known = Directory.Exists(refs) ? [.. Directory.EnumerateFiles(refs, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(refs, file)).Order(StringComparer.Ordinal).Take(MostShown).Select(Excerpt.Of)] : [];
        return $"has that model, but not its revision '{model.Revision}'{(known.Length > 0 ? $" (only {string.Join(", ", known)})" : "")}";
    }

    private static List<string> MissingFrom(string folder)
    {
        const string config = "config.json", single = "model.safetensors", index = single + ".index.json";
        var missing = HubCache.BrokenLinksIn(folder).Order(StringComparer.Ordinal).ToList();
        if (!IsThere(config))
            Add(config);
        if (!IsThere(single) && !IsThere(index))
            Add(missing.Contains(index) ? index : single);
        else if (!IsThere(single))
            foreach (var shard in ShardsOf(Path.Combine(folder, index)).Where(shard => !IsThere(shard)))
                Add(shard);
        return missing;

        bool IsThere(string file) => RegularFile.LengthOf(Path.Combine(folder, file)) is not null;

        void Add(string file)
        {
            if (!missing.Contains(file))
                missing.Add(file);
        }
    }

    /// <summary>The weight files that an index names; none where it cannot be read, which is told by who needs it.</summary>
    private static IEnumerable<string> ShardsOf(string index)
    {
        try
        {
            using var document = JsonDocument.Parse(RegularFile.ReadAllBytes(index));
            return document.RootElement.TryGetProperty("weight_map", out var map)
                ? [.. map.EnumerateObject().Select(item => item.Value.GetString() ?? "").Where(name => name.Length > 0).Distinct().Order(StringComparer.Ordinal)]
                : [];
        }
        catch (Exception exception) when (exception is JsonException or InvalidDataException or InvalidOperationException)
        {
            return [];
        }
    }
}
