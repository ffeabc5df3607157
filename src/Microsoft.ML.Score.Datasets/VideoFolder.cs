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

    /// <summary>The file of that name, with its extension, another one or none; null when there is none.</summary>
    /// <exception cref="InvalidDataException">The name leads out of the folder, or is no file name.</exception>
    public string? Find(string name)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Contains('\0'))
            throw new InvalidDataException($"The annotations name no video file, but '{name.Replace("\0", "\\0", StringComparison.Ordinal)}'.");
        var inside = Path.GetFullPath(Path.Combine(_root, name));
        if (Path.IsPathRooted(name) || !inside.StartsWith(Path.TrimEndingDirectorySeparator(_root) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw new InvalidDataException($"The annotations name the video '{name}', which leads out of the folder '{_root}'.");

        var relative = Path.GetRelativePath(_root, inside);
        return _subfolders.SelectMany(_ => VideoNames.Of(relative), (subfolder, file) => Path.Combine(_root, subfolder, file)).FirstOrDefault(File.Exists);
    }
}
