using Microsoft.ML.Score.Storage;
using Score.Cli.Usage;

namespace Score.Cli.Files;

/// <summary>
/// The files and folders that a command line names, and the one rule for what is written: an output is none of the inputs, no other
/// output, no device and no folder, can be written, is of the command's own kind where it exists, and has one writer at a time. All of
/// that is known before any work, and where it is not so nothing is changed. Folders made for outputs go when they end up empty.
/// </summary>
/// <param name="command">The command, as others are told who holds an output.</param>
internal sealed class CommandFiles(string command) : IDisposable
{
    private readonly List<NamedPath> _inputs = [];
    private readonly List<(NamedPath Place, OutputKind Kind)> _outputs = [];
    private readonly List<NamedPath> _folders = [];
    private readonly Dictionary<string, FileLock> _locks = [];
    private readonly List<string> _made = [];
    private NamedPath? _temporary;

    /// <summary>A file or folder that is read; null where the option is absent.</summary>
    public void Read(string option, string? path)
    {
        if (!string.IsNullOrEmpty(path))
            _inputs.Add(new NamedPath(option, path));
    }

    /// <summary>A file that is written; null where the option is absent.</summary>
    public void Write(string option, string? path, OutputKind kind)
    {
        if (path is not null)
            _outputs.Add((new NamedPath(option, path), kind));
    }

    /// <summary>A folder that gets files of names without other meaning, which other processes may write too; null where the option is absent.</summary>
    public void WriteInto(string option, string? folder)
    {
        if (folder is not null)
            _folders.Add(new NamedPath(option, folder));
    }

    /// <summary>A folder for one file, which goes at the end; it may hold nothing else.</summary>
    public void WriteTemporarily(string option, string folder, string fileName, OutputKind kind)
    {
        _temporary = new NamedPath(option, folder);
        Write(option, Path.Combine(folder, fileName), kind);
    }

    /// <summary>Checks everything and takes the outputs.</summary>
    /// <exception cref="UsageException">The command line contradicts itself.</exception>
    /// <exception cref="IOException">An output cannot be written, holds something else, or is another run's at present.</exception>
    public void Claim()
    {
        ThrowIfClash();
        foreach (var (place, kind) in _outputs)
            Reach(place, kind);
        foreach (var folder in _folders)
            Reach(folder);
        ThrowIfShared();
        foreach (var (place, _) in _outputs)
            AtomicFile.RemoveAbandoned(place.Path);
    }

    /// <summary>Checks what can be checked without writing: all that <see cref="Claim"/> does but whether an output can be written and who else writes it.</summary>
    /// <exception cref="UsageException">The command line contradicts itself.</exception>
    /// <exception cref="IOException">An output is no file, or holds something else.</exception>
    public void Check()
    {
        ThrowIfClash();
        foreach (var (place, kind) in _outputs)
        {
            ThrowIfNoFile(place);
            Try(place, () => ThrowIfBelowFile(Path.GetDirectoryName(AtomicFile.TargetOf(place.Path))!));
            ThrowIfOther(place, kind);
        }

        foreach (var folder in _folders)
        {
            ThrowIfNoFolder(folder);
            Try(folder, () => ThrowIfBelowFile(folder.FullPath));
        }

        if (_temporary is not null && Directory.Exists(_temporary.Path))
            ThrowIfShared();
    }

    /// <summary>The lock on an output that was claimed, for a library that would take it itself.</summary>
    public FileLock LockOf(string path) => _locks[path];

    /// <summary>Removes the file of the temporary folder, which follows when the locks go, unless something else was put there meanwhile.</summary>
    public void RemoveTemporary()
    {
        if (_temporary is null)
            return;
        foreach (var (place, _) in _outputs.Where(output => output.Place.Option == _temporary.Option))
            File.Delete(place.Path);
        _made.Add(_temporary.FullPath);
    }

    public void Dispose()
    {
        foreach (var held in _locks.Values)
            held.Dispose();
        _locks.Clear();
        foreach (var folder in _made.Distinct().OrderByDescending(folder => folder.Length))
            RemoveIfEmpty(folder);
        _made.Clear();
    }

    /// <summary>What the names alone tell.</summary>
    private void ThrowIfClash()
    {
        foreach (var (index, (place, _)) in _outputs.Index())
            ThrowIfClash(place, _outputs.Take(index).Select(output => output.Place));
        foreach (var folder in _folders)
            ThrowIfClash(folder);
    }

    private void ThrowIfClash(NamedPath output, IEnumerable<NamedPath> before)
    {
        foreach (var other in _inputs.Concat(before))
            if (output.Real.IsSameAs(other.Real))
                throw new UsageException($"{output.Option} names the file of {other.Option}, '{output.Path}'; name another one.");
        foreach (var (other, _) in _outputs)
        {
            if (output.Real.IsWithin(other.Real))
                throw new UsageException($"{output.Option} '{output.Path}' lies in {other.Option} '{other.Path}', which is a file; name another place.");
            if (output.Real.IsSameAs(new RealPath(other.Path + FileLock.Extension)))
                throw new UsageException($"{output.Option} '{output.Path}' is where the lock of {other.Option} '{other.Path}' has to be; name another place.");
        }

        if (_temporary is not null && output.Option != _temporary.Option && (output.Real.IsSameAs(_temporary.Real) || output.Real.IsWithin(_temporary.Real)))
            throw new UsageException($"{output.Option} '{output.Path}' lies in {_temporary.Option} '{_temporary.Path}', which is removed at the end; name another place.");
    }

    private void ThrowIfClash(NamedPath folder)
    {
        foreach (var (other, _) in _outputs)
            if (folder.Real.IsSameAs(other.Real) || folder.Real.IsWithin(other.Real))
                throw new UsageException($"{folder.Option} '{folder.Path}' is a folder, and {other.Option} '{other.Path}' is a file there; name another place.");
        if (_temporary is not null && (folder.Real.IsSameAs(_temporary.Real) || folder.Real.IsWithin(_temporary.Real)))
            throw new UsageException($"{folder.Option} '{folder.Path}' lies in {_temporary.Option} '{_temporary.Path}', which is removed at the end; name another place.");
    }

    /// <summary>Locks an output, looks at what is there, and tries whether it can be written.</summary>
    private void Reach(NamedPath output, OutputKind kind)
    {
        ThrowIfNoFile(output);
        Try(output, () =>
        {
            Make(Path.GetDirectoryName(AtomicFile.TargetOf(output.Path))!);
            AtomicFile.Probe(output.Path);
            _locks.Add(output.Path, FileLock.Take(output.Path, command));
            if (kind.IsAppended && File.Exists(AtomicFile.TargetOf(output.Path)))
                new FileStream(output.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();
        });
        ThrowIfOther(output, kind);
    }

    private static void ThrowIfNoFile(NamedPath output)
    {
        if (RealPath.IsDevice(output.Path))
            throw new IOException($"{output.Option}: '{output.Path}' is a device or a pipe; name a file{(output.Option == "--json" ? ", or - for standard output" : "")}.");
        if (Directory.Exists(output.Path) || Path.EndsInDirectorySeparator(output.Path))
            throw new IOException($"{output.Option}: '{output.Path}' is a folder; name a file.");
    }

    private static void ThrowIfOther(NamedPath output, OutputKind kind)
    {
        if (File.Exists(AtomicFile.TargetOf(output.Path)) && !kind.IsOne(output.Path))
            throw new IOException($"{output.Option}: '{output.Path}' exists and is not {kind.Name}, so it is left as it is. Name another file, or move that one away.");
    }

    private void Reach(NamedPath folder)
    {
        ThrowIfNoFolder(folder);
        Try(folder, () =>
        {
            Make(folder.FullPath);
            AtomicFile.Probe(Path.Combine(folder.Path, "probe"));
        });
    }

    private static void ThrowIfNoFolder(NamedPath folder)
    {
        if (File.Exists(folder.Path) || RealPath.IsDevice(folder.Path))
            throw new IOException($"{folder.Option}: '{folder.Path}' is a file; name a folder.");
    }

    /// <summary>The folder that goes at the end holds what this command wrote and nothing else.</summary>
    private void ThrowIfShared()
    {
        if (_temporary is null)
            return;
        string[] ours = [.. _outputs.Where(output => output.Place.Option == _temporary.Option).Select(output => Path.GetFileName(output.Place.Path))];
        var foreign = Directory.EnumerateFileSystemEntries(_temporary.Path).Select(entry => Path.GetFileName(entry)!)
            .FirstOrDefault(name => !ours.Contains(AtomicFile.FileOf(name) ?? name) && !ours.Any(file => name == file + FileLock.Extension));
        if (foreign is not null)
            throw new IOException($"{_temporary.Option} '{_temporary.Path}' holds '{foreign}', which is not of a training, so nothing is done. Move it away, or name another folder with --checkpoint.");
    }

    private void Make(string folder)
    {
        ThrowIfBelowFile(folder);
        for (var above = folder; above is not null && !Path.Exists(above); above = Path.GetDirectoryName(above))
            _made.Add(above);
        Directory.CreateDirectory(folder);
    }

    private static void ThrowIfBelowFile(string folder)
    {
        var above = folder;
        while (above is not null && !Path.Exists(above))
            above = Path.GetDirectoryName(above);
        if (File.Exists(above))
            throw new IOException($"'{above}' is a file, not a folder.");
    }

    private static void RemoveIfEmpty(string folder)
    {
        try
        {
            Directory.Delete(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It holds something, as it should where the work was done.
        }
    }

    private static void Try(NamedPath place, Action reach)
    {
        try
        {
            reach();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{place.Option}: '{place.Path}' cannot be written: {exception.Message} Name another place.", exception);
        }
    }

    /// <summary>A path, and the option that names it.</summary>
    private sealed class NamedPath(string option, string path)
    {
        public string Option => option;

        public string Path { get; } = path.Length > 0 ? path : throw new UsageException($"{option} must be a path, got ''.");

        public string FullPath { get; } = System.IO.Path.GetFullPath(path);

        public RealPath Real { get; } = new(path);
    }
}
