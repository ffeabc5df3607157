namespace Microsoft.ML.Score.Storage;

/// <summary>
/// Writes files that appear whole or not at all, whatever ends the process. Safe for concurrent use, on one file too: the last writer's content stays.
/// </summary>
/// <example><code>AtomicFile.Write("results.json", stream => JsonSerializer.Serialize(stream, results));</code></example>
public static class AtomicFile
{
    private const string TemporaryExtension = ".tmp";
    private const int GuidLength = 32;
    private const int MostAttempts = 10;

    // A live writer is younger, unless it stands still; then the lock tells.
    private static readonly TimeSpan s_abandonedAfter = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Writes to a temporary file beside <paramref name="path"/>, or beside what that links to, flushes it to the disk and moves it into place; on
    /// failure the old file stays as it was. Temporary files of this one that killed processes left more than a minute ago go.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes the content; called again in the rare case that another process took the temporary file for abandoned.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);

        path = TargetOf(path);
        RemoveAbandoned(Path.GetDirectoryName(path)!, name => name == Path.GetFileName(path), s_abandonedAfter);
        for (var attempt = 1; !TryWrite(path, write, isLast: attempt == MostAttempts); attempt++)
        {
        }
    }

    /// <summary>Makes and removes a temporary file of <paramref name="path"/>, so that it is known before the work whether <see cref="Write"/> can.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It cannot.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not.</exception>
    public static void Probe(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        var temporary = TemporaryOf(TargetOf(path));
        new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None).Dispose();
        File.Delete(temporary);
    }

    /// <summary>Removes the temporary files of <paramref name="path"/> that killed processes left; those of a live one are held by it.</summary>
    /// <param name="path">The file.</param>
    public static void RemoveAbandoned(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        path = TargetOf(path);
        RemoveAbandoned(Path.GetDirectoryName(path)!, name => name == Path.GetFileName(path));
    }

    /// <summary>The full path of the file that a path leads to, which need not exist: a link stays, and its target is what is written.</summary>
    /// <param name="path">The file, or a link to it.</param>
    public static string TargetOf(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        var full = Path.GetFullPath(path);
        try
        {
            return File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return full; // nothing is there
        }
    }

    /// <summary>Removes temporary files that killed processes left; those of a live one are held by it.</summary>
    /// <param name="folder">The folder; it need not exist.</param>
    /// <param name="isOurs">Tells by its name a file whose temporaries may go.</param>
    /// <param name="age">Since when nothing may have been written to them.</param>
    internal static void RemoveAbandoned(string folder, Func<string, bool> isOurs, TimeSpan age = default)
    {
        if (!Directory.Exists(folder))
            return;
        foreach (var temporary in Directory.EnumerateFiles(folder, "*" + TemporaryExtension).Where(file => FileOf(Path.GetFileName(file)) is { } name && isOurs(name)).ToList())
            try
            {
                if (age > TimeSpan.Zero && TimeProvider.System.GetUtcNow().UtcDateTime - File.GetLastWriteTimeUtc(temporary) < age)
                    continue;

                // Removed while it is held: a writer that opens it now finds it gone and begins another.
                new FileStream(temporary, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose).Dispose();
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // A live process holds it, or it is another's: it stays.
            }
    }

    /// <summary>The name of the file that a temporary one is for; null where the name is no temporary's.</summary>
    /// <param name="name">A file's name without its folder.</param>
    public static string? FileOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);

        var end = name.Length - TemporaryExtension.Length - GuidLength - 1;
        return end > 0 && name.EndsWith(TemporaryExtension, StringComparison.Ordinal) && name[end] == '.' && name.AsSpan(end + 1, GuidLength).IndexOfAnyExcept("0123456789abcdef") < 0
            ? name[..end]
            : null;
    }

    // Machines and containers that share a folder share no process ids.
    private static string TemporaryOf(string path) => $"{path}.{Guid.NewGuid():N}{TemporaryExtension}";

    private static bool TryWrite(string path, Action<Stream> write, bool isLast)
    {
        var temporary = TemporaryOf(path);
        var opened = false;
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                opened = true;
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
            return true;
        }
        catch (Exception exception)
        {
            // Between making and locking it, and between closing and moving it, another process may take it for abandoned.
            var wasTaken = exception is FileNotFoundException ? opened && !File.Exists(temporary) : exception.GetType() == typeof(IOException) && !opened;
            File.Delete(temporary);
            if (isLast || !wasTaken)
                throw;
            return false;
        }
    }
}
