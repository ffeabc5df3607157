namespace Microsoft.ML.Score.Datasets;

/// <summary>
/// The names under which a video may lie: data sets name it with one extension or none, downloads leave it with another, such as yt-dlp's
/// x.mp4, x.webm or x.mp4.webm. What stands before the extension is taken to the letter: ids may differ in case alone, and may hold dots.
/// </summary>
internal static class VideoNames
{
    private static readonly string[] s_extensions = [".mp4", ".mkv", ".webm", ".avi", ".mov", ".m4v", ".flv", ".wmv", ".mpg", ".mpeg", ".ts", ".3gp"];

    /// <summary>As common systems write them: a file system may tell them apart.</summary>
    private static readonly string[] s_written = [.. s_extensions, .. s_extensions.Select(extension => extension.ToUpperInvariant()), .. s_extensions.Select(extension => $".{char.ToUpperInvariant(extension[1])}{extension[2..]}")];

    /// <summary>The names to try, the surest first: as it stands, with an extension more, with another.</summary>
    public static IEnumerable<string> Of(string name)
    {
        var stem = WithoutExtension(name);
        return s_written.Select(extension => name + extension).Prepend(name).Concat(stem == name || Path.GetFileName(stem).Length == 0 ? [] : s_written.Select(extension => stem + extension));
    }

    /// <summary>The name without the extension of a video; a name may have other dots.</summary>
    public static string WithoutExtension(string name) =>
        s_extensions.FirstOrDefault(extension => name.EndsWith(extension, StringComparison.OrdinalIgnoreCase)) is { } found ? name[..^found.Length] : name;
}
