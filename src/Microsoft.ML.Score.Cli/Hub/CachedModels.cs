using Microsoft.ML.Score.Models.Loading;

namespace Score.Cli.Hub;

/// <summary>The models of a Hugging Face cache by the names that <c>--model</c> takes. Names of folders and references are read, no model.</summary>
internal static class CachedModels
{
    private const string Prefix = "models--";

    /// <summary>
    /// Every model at every revision that a reference names, then at the commits that none does; one of which there is neither, because its download was cut
    /// off, once. In the order of their names.
    /// </summary>
    /// <exception cref="IOException">The cache cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The cache may not be read.</exception>
    public static IReadOnlyList<HubModelId> In(HubCache cache)
    {
        if (!Directory.Exists(cache.Folder))
            return [];
        return [.. from folder in Directory.EnumerateDirectories(cache.Folder, Prefix + "*").Order(StringComparer.Ordinal)
                   where Path.GetFileName(folder)[Prefix.Length..].Split("--") is [_, _]
                   let id = HubModelId.TryParse(string.Join('/', Path.GetFileName(folder)[Prefix.Length..].Split("--")))
                   where id is not null
                   from model in Revisions(folder, id)
                   select model];
    }

    /// <summary>The names of the user's cache, for a shell that completes one; none where it cannot be read.</summary>
    public static IEnumerable<string> Names()
    {
        try
        {
            return [.. In(HubCache.OfUser()).Select(model => model.ToString())];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static IEnumerable<HubModelId> Revisions(string folder, HubModelId id)
    {
        var (refs, snapshots) = (Path.Combine(folder, "refs"), Path.Combine(folder, "snapshots"));
        string[] references = Directory.Exists(refs) ? [.. Directory.EnumerateFiles(refs, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)] : [];
        var named = references.Select(file => new FileInfo(file)).Where(file => file.Exists && file.Length < 1024).Select(file => File.ReadAllText(file.FullName).Trim()).ToHashSet();
        string[] revisions =
        [
            .. references.Select(file => Path.GetRelativePath(refs, file).Replace('\\', '/')).Where(HubModelId.IsRevision),
            .. (Directory.Exists(snapshots) ? Directory.GetDirectories(snapshots) : []).Select(path => Path.GetFileName(path)).Where(name => HubModelId.IsCommit(name) && !named.Contains(name)).Order(StringComparer.Ordinal),
        ];
        return revisions.Length == 0 ? [id] : revisions.Select(revision => id with { Revision = revision });
    }
}
