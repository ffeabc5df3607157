using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Tokens;

/// <summary>Where encoded videos are kept, and how many.</summary>
public sealed record FeatureCacheOptions
{
    private const long UserSizeLimit = 50_000_000_000;

    /// <summary>The folder; made when the first video is kept. Default null: <see cref="UserFolder"/>.</summary>
    public string? Folder { get; init; }

    /// <summary>
    /// Most bytes of feature files in the folder, positive; beyond it the least recently used are removed. Default null: 50 GB in
    /// <see cref="UserFolder"/>, and in a folder that was named as much as the disk holds.
    /// </summary>
    public long? SizeLimit { get; init; }

    /// <summary>
    /// <c>score/features</c> in the user's cache directory: $XDG_CACHE_HOME or ~/.cache, ~/Library/Caches on macOS, %LOCALAPPDATA% on Windows;
    /// in the directory for temporary files where the user has no home.
    /// </summary>
    public static string UserFolder
    {
        get
        {
            var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            var caches = OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
                : OperatingSystem.IsMacOS() ? Below(home, "Library/Caches")
                : Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { } named && Path.IsPathRooted(named) ? named
                : Below(home, ".cache");
            return Path.Combine(caches is "" ? Path.GetTempPath() : caches, "score", "features");

            static string Below(string home, string folder) => home is "" ? "" : Path.Combine(home, folder);
        }
    }

    /// <summary>The folder that is used.</summary>
    internal string FullFolder => Path.GetFullPath(Folder ?? UserFolder);

    /// <summary>The limit that is used; null for none.</summary>
    internal long? FullSizeLimit => SizeLimit ?? (Folder is null ? UserSizeLimit : null);

    /// <summary>Every setting out of range.</summary>
    public OptionFaults Faults() => new OptionFaults(nameof(FeatureCacheOptions))
        .Require(Folder is null || !string.IsNullOrWhiteSpace(Folder), Folder, "be null or a folder")
        .Require(SizeLimit is null or > 0, SizeLimit, "be positive or null");
}
