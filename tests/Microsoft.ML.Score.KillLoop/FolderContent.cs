using System.Text;

namespace Score.KillLoop;

/// <summary>All that a folder holds when nobody writes to it.</summary>
internal static class FolderContent
{
    /// <summary>Names and bytes of all files, sub-folders' too, in the order of names.</summary>
    /// <exception cref="InvalidOperationException">A temporary or lock file of a killed process is left.</exception>
    public static byte[] Read(string folder)
    {
        using var content = new MemoryStream();
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            if (Path.GetExtension(path) is ".tmp" or ".lock")
                throw new InvalidOperationException($"'{path}' is left of a killed process.");
            content.Write(Encoding.UTF8.GetBytes(Path.GetRelativePath(folder, path) + "\n"));
            content.Write(File.ReadAllBytes(path));
        }

        return content.ToArray();
    }
}
