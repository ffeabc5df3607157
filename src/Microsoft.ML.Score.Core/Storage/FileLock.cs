using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Microsoft.ML.Score.Storage;

/// <summary>
/// Holds a file for one writer, in this process or another, by a lock file beside it. What counts is the system's lock on that file,
/// which ends with the process however that dies; what the file says only names the holder. Disposing it removes the lock file. It keeps
/// nobody from the file who does not take the lock.
/// </summary>
/// <example><code>using var held = FileLock.Take("results.json", "nightly evaluation");</code></example>
public sealed partial class FileLock : IDisposable
{
    /// <summary>What the lock file's name has after that of the file.</summary>
    public const string Extension = ".lock";

    private const string FirstLine = "score-lock/1\n";
    private const int MostAttempts = 10;

    private readonly FileStream _stream;

    private FileLock(FileStream stream, string path) => (_stream, Path) = (stream, path);

    /// <summary>The lock file.</summary>
    public string Path { get; }

    /// <summary>Takes the lock of a file, which need not exist; its folder must.</summary>
    /// <param name="path">The file to be written.</param>
    /// <param name="command">What writes it, for whoever is refused; null names the program.</param>
    /// <param name="time">The clock that tells since when; null means the system's.</param>
    /// <exception cref="IOException">Another holds it; the message names the holder. Or the lock file cannot be made, or is something else.</exception>
    /// <exception cref="UnauthorizedAccessException">The lock file cannot be made.</exception>
    public static FileLock Take(string path, string? command = null, TimeProvider? time = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        var lockPath = AtomicFile.TargetOf(path) + Extension;
        var content = FirstLine + string.Create(CultureInfo.InvariantCulture,
            $"process {Environment.ProcessId} on {Environment.MachineName}, since {(time ?? TimeProvider.System).GetUtcNow():yyyy-MM-dd HH:mm:ss} UTC, {command ?? AppDomain.CurrentDomain.FriendlyName}\n{Guid.NewGuid():N}\n");
        for (var attempt = 1; ; attempt++)
        {
            var stream = Open(lockPath, path, attempt);
            if (stream is not null && TryWrite(stream, lockPath, content))
                return new FileLock(stream, lockPath);
        }
    }

    /// <summary>Removes the lock file while it is still held, so that no other's can be meant.</summary>
    public void Dispose()
    {
        if (_stream.CanWrite)
            File.Delete(Path);
        _stream.Dispose();
    }

    /// <summary>The lock file, locked; null where its last holder was just about to go.</summary>
    private static FileStream? Open(string lockPath, string path, int attempt)
    {
        try
        {
            // Only FileShare.None is an exclusive lock on Unix. Windows must let it be read, and removed while it is held.
            return new FileStream(lockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, OperatingSystem.IsWindows() ? FileShare.Read | FileShare.Delete : FileShare.None, bufferSize: 0);
        }
        catch (IOException exception) when (exception is not (DirectoryNotFoundException or PathTooLongException))
        {
            if (HolderOf(lockPath) is { } holder)
                throw new IOException($"'{path}' is being written by {holder}; wait until that has ended.", exception);
            if (attempt == MostAttempts)
                throw;
            Thread.Sleep(attempt);
            return null;
        }
    }

    /// <summary>False where the last holder removed the file between opening and locking it: the lock is then on a file that nobody else sees.</summary>
    private static bool TryWrite(FileStream stream, string lockPath, string content)
    {
        try
        {
            if (stream.Length > 0 && !ReadText(stream).StartsWith(FirstLine, StringComparison.Ordinal))
                throw new IOException($"'{lockPath}' is where the lock of its neighbour has to be, but holds something else. Move it away.");
            stream.SetLength(0);
            stream.Write(Encoding.UTF8.GetBytes(content));
            if (Read(lockPath) == content)
                return true;
            stream.Dispose();
            return false;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    private static string? HolderOf(string lockPath) =>
        Read(lockPath) is not { } text ? null : text.Split('\n') is [_, { Length: > 0 } holder, ..] && text.StartsWith(FirstLine, StringComparison.Ordinal) ? holder : "another process";

    /// <summary>The text of a lock file, held or not; null where there is none.</summary>
    private static string? Read(string lockPath)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                using var stream = new FileStream(lockPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                return ReadText(stream);
            }

            // FileStream would ask for a lock of its own and be refused.
            using var handle = new SafeFileHandle(OpenUnlocked(lockPath, 0), ownsHandle: true);
            if (handle.IsInvalid)
                return null;
            using var unlocked = new FileStream(handle, FileAccess.Read, bufferSize: 0);
            return ReadText(unlocked);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private static string ReadText(Stream stream)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8, leaveOpen: true);
        var text = new char[1024];
        return new string(text, 0, reader.ReadBlock(text));
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint OpenUnlocked(string path, int readOnly);
}
