using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Datasets;

/// <summary>Where the videos of a benchmark lie. Names come from annotations, so none may lead out of the folder.</summary>
internal sealed class VideoFolder
{
    private readonly string _root;
    private readonly string[] _subfolders;

    /// <param name="root">The folder that the user names.</param>
    /// <param name="subfolders">Folders in it where the benchmark's own archives put videos; the root itself is looked in first.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public VideoFolder(string root, params string[] subfolders)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(root);
        if (!Directory.Exists(root))
            throw new DirectoryNotFoundException($"There is no folder of videos '{root}'.");

        _root = Path.GetFullPath(root);
        _subfolders = ["", .. subfolders];
    }

    /// <summary>What keeps a name from being that of a file in the folder; null where nothing does.</summary>
    public string? FaultOf(string name)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Contains('\0'))
            return $"it names no video file, but '{Excerpt.Of(name)}'";
        return Path.IsPathRooted(name) || !Inside(name).StartsWith(Path.TrimEndingDirectorySeparator(_root) + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? $"it names the video '{Excerpt.Of(name)}', which leads out of the folder '{_root}'"
            : null;
    }

    /// <summary>The file of a name without fault, with its extension, another one or none; null when there is none.</summary>
    public string? Find(string name)
    {
        var relative = Path.GetRelativePath(_root, Inside(name));
        return _subfolders.SelectMany(_ => VideoNames.Of(relative), (subfolder, file) => Path.Combine(_root, subfolder, file)).FirstOrDefault(File.Exists);
    }

    private string Inside(string name) => Path.GetFullPath(Path.Combine(_root, name));
}
