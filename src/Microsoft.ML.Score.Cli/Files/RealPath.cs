using Microsoft.ML.Score.Storage;

namespace Score.Cli.Files;

/// <summary>Where a path really leads: links in every part of it are followed, so that two names of one place can be told to be one.</summary>
internal sealed class RealPath
{
    private const int MostLinks = 40; // as Linux

    private readonly string _path;
    private readonly FileIdentity? _identity;

    public RealPath(string path)
    {
        _path = Resolve(Path.GetFullPath(path), MostLinks);
        _identity = FileIdentity.Of(path);
    }

    /// <summary>A device, a pipe or a socket, or a name among the system's for them.</summary>
    public static bool IsDevice(string path) =>
        FileIdentity.Of(path) is { IsFileOrFolder: false }
        || !OperatingSystem.IsWindows() && (Path.GetDirectoryName(Path.GetFullPath(path)) is "/dev" or "/dev/fd" || Path.GetFullPath(path).StartsWith("/proc/", StringComparison.Ordinal));

    public bool IsSameAs(RealPath other) => _identity is not null && _identity == other._identity || AreSame(_path, other._path);

    /// <summary>Whether this lies in a folder, at any depth.</summary>
    public bool IsWithin(RealPath folder)
    {
        for (var above = Path.GetDirectoryName(_path); above is not null; above = Path.GetDirectoryName(above))
            if (AreSame(above, folder._path))
                return true;
        return false;
    }

    private static string Resolve(string path, int linksLeft)
    {
        var root = Path.GetPathRoot(path)!;
        var resolved = root;
        foreach (var part in path[root.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(resolved, part);
            resolved = linksLeft > 0 && TargetOf(next) is { } target ? Resolve(target, linksLeft - 1) : next;
        }

        return resolved;
    }

    private static string? TargetOf(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: false)?.FullName;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null; // nothing is there, or nothing that may be looked at
        }
    }

    private static bool AreSame(string a, string b) =>
        string.Equals(a, b, StringComparison.Ordinal) || string.Equals(a, b, StringComparison.OrdinalIgnoreCase) && IgnoresCase(a);

    /// <summary>Whether the file system takes names that differ in case for one; asked of the nearest part that exists.</summary>
    private static bool IgnoresCase(string path)
    {
        for (var part = path; Path.GetDirectoryName(part) is { } folder; part = folder)
        {
            var name = Path.GetFileName(part);
            var swapped = string.Concat(name.Select(letter => char.IsUpper(letter) ? char.ToLowerInvariant(letter) : char.ToUpperInvariant(letter)));
            if (swapped == name || !Path.Exists(part))
                continue;
            return Path.Exists(Path.Combine(folder, swapped)) && FileIdentity.Of(Path.Combine(folder, swapped)) == FileIdentity.Of(part);
        }

        return false;
    }
}
