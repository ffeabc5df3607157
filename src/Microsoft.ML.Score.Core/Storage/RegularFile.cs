namespace Microsoft.ML.Score.Storage;

/// <summary>
/// Reads files of a checkpoint, after a look at what their path leads to: opening a pipe would wait for a writer for ever, and a device has
/// no end.
/// </summary>
internal static class RegularFile
{
    /// <summary>The whole of a file.</summary>
    /// <exception cref="FileNotFoundException">There is no such file, or the path is a link to one that is not there.</exception>
    /// <exception cref="InvalidDataException">The path leads to a folder, a pipe or a device, or to the pointer that a store of large files leaves.</exception>
    public static byte[] ReadAllBytes(string path)
    {
        ThrowIfNot(path);
        // Where pipes cannot be told from files they still have no length.
        if (LengthOf(path) == 0)
            return [];
        var bytes = File.ReadAllBytes(path);
        return PointerFile.In(bytes) is { } pointer ? throw new InvalidDataException(pointer.Message(path)) : bytes;
    }

    /// <summary>Checks that a path leads to a file; one that leads to nothing is left to who opens it.</summary>
    /// <exception cref="FileNotFoundException">The path is a link to what is not there.</exception>
    /// <exception cref="InvalidDataException">The path leads to a folder, a pipe or a device.</exception>
    public static void ThrowIfNot(string path)
    {
        if (Directory.Exists(path))
            throw new InvalidDataException($"'{path}' is a folder, expected a file.");
        if (FileIdentity.Of(path) is { IsFileOrFolder: false })
            throw new InvalidDataException($"'{path}' is a pipe or device, expected a file.");
        if (new FileInfo(path).LinkTarget is { } target && LengthOf(path) is null)
            throw new FileNotFoundException(PointerFile.OfLink(target)?.Message(path)
                ?? $"'{path}' is a link to '{Excerpt.Of(target)}', which is not there. Copy the file itself, or mend the link.", path);
    }

    /// <summary>Bytes of the file that a path leads to, told without opening it; null where it leads to none.</summary>
    public static long? LengthOf(string path)
    {
        try
        {
            var file = new FileInfo(path);
            return (file.ResolveLinkTarget(returnFinalTarget: true) ?? file) is FileInfo { Exists: true } target ? target.Length : null;
        }
        catch (IOException)
        {
            return null; // links that lead to each other
        }
    }
}
