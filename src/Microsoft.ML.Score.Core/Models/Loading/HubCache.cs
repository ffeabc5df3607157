using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Models.Loading;

/// <summary>
/// The folder in which Hugging Face's own programs keep what they download, and its layout: for each model <c>refs/REVISION</c>, which holds a commit,
/// <c>snapshots/COMMIT/FILE</c>, a link to <c>blobs/ETAG</c> or the file itself where there are no links. Compiled into the tool too, which writes it.
/// </summary>
/// <param name="folder">The cache; it need not exist.</param>
internal sealed class HubCache(string folder)
{
    private const int MostOfARef = 1024;

    /// <summary>The folder of all models.</summary>
    public string Folder => folder;

    /// <summary>The user's cache, where Python's huggingface_hub has it: $HF_HUB_CACHE, else $HF_HOME/hub, else huggingface/hub in $XDG_CACHE_HOME or ~/.cache.</summary>
    /// <param name="variable">The environment; null for the process's own.</param>
    public static HubCache OfUser(Func<string, string?>? variable = null)
    {
        variable ??= Environment.GetEnvironmentVariable;
        return new(variable("HF_HUB_CACHE") is { Length: > 0 } named ? Full(named) : Path.Combine(HomeOf(variable), "hub"));
    }

    /// <summary>What stands beside the user's cache: the token, for one.</summary>
    /// <param name="variable">The environment.</param>
    public static string HomeOf(Func<string, string?> variable) =>
        variable("HF_HOME") is { Length: > 0 } home ? Full(home)
        : Path.Combine(variable("XDG_CACHE_HOME") is { Length: > 0 } caches ? Full(caches) : Full("~/.cache"), "huggingface");

    /// <summary>The folder of a model, which need not exist.</summary>
    public string FolderOf(HubModelId model) => Path.Combine(folder, model.FolderName);

    /// <summary>The files of a model at a commit, in a folder that need not exist.</summary>
    public string SnapshotOf(HubModelId model, string commit) => Path.Combine(FolderOf(model), "snapshots", commit);

    /// <summary>The file that says which commit a revision is.</summary>
    public string RefOf(HubModelId model) => Path.Combine(FolderOf(model), "refs", Path.Combine(model.Revision.Split('/')));

    /// <summary>The folder with the files of a model at its revision; null where the cache does not have it.</summary>
    /// <exception cref="InvalidDataException">What says which commit the revision is holds none.</exception>
    public string? Find(HubModelId model) => CommitOf(model) is { } commit && SnapshotOf(model, commit) is var snapshot && Directory.Exists(snapshot) ? snapshot : null;

    /// <summary>The files of a folder, below it too, that are links which lead nowhere.</summary>
    public static IEnumerable<string> BrokenLinksIn(string snapshot) =>
        from file in Directory.EnumerateFiles(snapshot, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, MaxRecursionDepth = 8 })
        where RegularFile.LengthOf(file) is null
        select Path.GetRelativePath(snapshot, file).Replace('\\', '/');

    private string? CommitOf(HubModelId model)
    {
        RegularFile.ThrowIfNot(RefOf(model));
        var file = new FileInfo(RefOf(model));
        if (!file.Exists)
            return HubModelId.IsCommit(model.Revision) ? model.Revision : null;
        var commit = file.Length <= MostOfARef ? File.ReadAllText(file.FullName).Trim() : "";
        return HubModelId.IsCommit(commit) ? commit
            : throw new InvalidDataException($"'{file.FullName}' should hold the commit of '{model}', 40 hexadecimal digits, and does not. Remove it, and run '{model.DownloadCommand}'.");
    }

    /// <summary>A path of the environment, in which ~ is the user's folder.</summary>
    public static string Full(string path)
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return Path.GetFullPath(path == "~" || path.StartsWith("~/", StringComparison.Ordinal) ? (home is "" ? Path.GetTempPath() : home) + path[1..] : path);
    }
}
