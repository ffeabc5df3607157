using Microsoft.ML.Score.Models.Loading;
using Microsoft.ML.Score.Storage;

namespace Score.Cli.Hub;

/// <summary>
/// A commit of a model in the cache, in the layout of Python's huggingface_hub. It looks without writing; to write it takes the locks: one against
/// other runs of this command, and for each blob the one that Python's programs take.
/// </summary>
internal sealed class HubSnapshot
{
    private readonly HubCache _cache;
    private readonly HubModelId _model;
    private readonly string _commit;
    private readonly Action<string, string> _link;

    /// <param name="cache">The cache.</param>
    /// <param name="model">The model.</param>
    /// <param name="commit">The commit.</param>
    /// <param name="link">Makes a link, by its path and what it leads to; null for the system's.</param>
    public HubSnapshot(HubCache cache, HubModelId model, string commit, Action<string, string>? link = null)
    {
        (_cache, _model, _commit) = (cache, model, commit);
        _link = link ?? ((path, target) => File.CreateSymbolicLink(path, target));
        Folder = cache.SnapshotOf(model, commit);
    }

    /// <summary>The folder that a model is loaded from.</summary>
    public string Folder { get; }

    private string Blobs => Path.Combine(_cache.FolderOf(_model), "blobs");

    private string Locks => Path.Combine(_cache.Folder, ".locks", _model.FolderName);

    /// <summary>Whether a file is there, by its length; its bytes were checked before it got its name.</summary>
    public bool Has(HubFile file) => RegularFile.LengthOf(PathOf(file)) == file.Size;

    /// <summary>Whether the revision leads to this commit.</summary>
    public bool IsCurrent => _model.Revision == _commit || File.Exists(_cache.RefOf(_model)) && File.ReadAllText(_cache.RefOf(_model)).Trim() == _commit;

    /// <summary>Where the bytes of a file go; null where they are there already.</summary>
    public string? MissingBlobOf(HubFile file) => RegularFile.LengthOf(BlobOf(file)) == file.Size ? null : BlobOf(file);

    /// <summary>Bytes of a file that need not come again.</summary>
    public long PartOf(HubFile file) => MissingBlobOf(file) is not { } blob ? file.Size
        : RegularFile.LengthOf(blob + PartialFile.Extension) is { } length && length <= file.Size ? length : 0;

    /// <summary>Makes the folders, and holds the model for this run.</summary>
    /// <exception cref="IOException">Another run holds it, or the cache cannot be written.</exception>
    public FileLock Take()
    {
        Directory.CreateDirectory(Blobs);
        Directory.CreateDirectory(Folder);
        Directory.CreateDirectory(Locks);
        return FileLock.Take(Path.Combine(Locks, "score-download"), $"score download {_model}");
    }

    /// <summary>Holds a blob, against Python's programs too.</summary>
    /// <exception cref="IOException">Another program is downloading it.</exception>
    public FileLock TakeBlob(HubFile file) => FileLock.Take(Path.Combine(Locks, file.Hash), $"score download {_model}");

    /// <summary>Gives a blob the names of its files: by links, or where there are none by moving it, as Python's huggingface_hub does.</summary>
    /// <param name="files">Files of the same bytes.</param>
    public void Place(IReadOnlyList<HubFile> files)
    {
        foreach (var (index, file) in files.Index())
        {
            var (path, blob) = (PathOf(file), BlobOf(file));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Delete(path);
            try
            {
                _link(path, Path.GetRelativePath(Path.GetDirectoryName(path)!, blob));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
            {
                if (index == files.Count - 1)
                    File.Move(blob, path);
                else
                    File.Copy(blob, path);
            }
        }
    }

    /// <summary>Has the revision lead to this commit. It is done last, so that until then a model is loaded from the snapshot before.</summary>
    public void MakeCurrent()
    {
        if (IsCurrent)
            return;
        var path = _cache.RefOf(_model);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        AtomicFile.Write(path, stream => stream.Write(System.Text.Encoding.ASCII.GetBytes(_commit)));
    }

    private string PathOf(HubFile file) => Path.Combine(Folder, Path.Combine(file.Name.Split('/')));

    private string BlobOf(HubFile file) => Path.Combine(Blobs, file.Hash);
}
