using System.IO.Enumeration;
using Microsoft.ML.Score.Video;
using Score.Cli.Videos;

namespace Score.Cli.Features;

/// <summary>A video to encode.</summary>
/// <param name="Name">The video as it is opened.</param>
/// <param name="Place">Where a data file names it; empty where it names itself.</param>
/// <param name="Open">Looks for it; what is wrong with its name is known then.</param>
internal sealed record CorpusVideo(string Name, string Place, Func<VideoReference> Open)
{
    // What VideoFile reads, of the names that videos and pictures usually have: other files of a folder are none of its videos.
    private static readonly HashSet<string> s_extensions = new(
        [".mp4", ".mkv", ".webm", ".avi", ".mov", ".m4v", ".flv", ".wmv", ".mpg", ".mpeg", ".ts", ".3gp", ".gif", ".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>A video that the command line names.</summary>
    public static CorpusVideo Named(string text, VideoReadOptions options) => new(text, "", () => new VideoReference(text, options));

    /// <summary>The videos and pictures of a folder and the folders in it, told by their extensions, in the order of their names.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public static IReadOnlyList<CorpusVideo> InFolder(string folder, VideoReadOptions options)
    {
        // Links to folders are not followed: they may lead in a circle, and what they lead to can be named.
        var files = new FileSystemEnumerable<string>(folder, (ref FileSystemEntry entry) => entry.ToSpecifiedFullPath(), new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = false })
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory,
            ShouldRecursePredicate = (ref FileSystemEntry entry) => (entry.Attributes & FileAttributes.ReparsePoint) == 0,
        };
        CorpusVideo[] videos = [.. files.Where(file => s_extensions.Contains(Path.GetExtension(file))).Order(StringComparer.Ordinal).Select(file => Named(file, options))];
        return videos.Length > 0 ? videos : throw new InvalidDataException($"The folder '{folder}' holds no file of a video or picture ({string.Join(", ", s_extensions)}).");
    }
}
