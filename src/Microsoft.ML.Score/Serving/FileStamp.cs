using Microsoft.Win32.SafeHandles;

namespace Microsoft.ML.Score.Serving;

/// <summary>What tells two states of a file apart without reading it.</summary>
internal readonly record struct FileStamp(long Length, DateTime Written)
{
    public static FileStamp Of(SafeFileHandle file) => new(RandomAccess.GetLength(file), File.GetLastWriteTimeUtc(file));

    /// <summary>The stamp of what the path leads to, links followed; null where there is no file or it cannot be opened.</summary>
    public static FileStamp? Of(string path)
    {
        try
        {
            using var file = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
            return Of(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
