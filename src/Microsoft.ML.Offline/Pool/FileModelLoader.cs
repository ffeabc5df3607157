using Microsoft.Extensions.Primitives;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Microsoft.Extensions.ML;

/// <summary>A model in a file, loaded again whenever the file changes if it is watched.</summary>
internal sealed class FileModelLoader : ModelLoader, IDisposable
{
    private readonly MLContext _context;
    private readonly string _path;
    private readonly FileSystemWatcher _watcher;
    private readonly Lock _lock = new();
    private ModelReloadToken _reloadToken = new();
    private ITransformer _model;

    public FileModelLoader(MLContext context, string path, bool watch)
    {
        _context = context;
        _path = Path.GetFullPath(path);
        _model = context.Model.Load(_path, out _);
        if (!watch)
            return;

        // A file that is replaced by a move gives Created or Renamed, one that is written in place gives Changed.
        _watcher = new FileSystemWatcher(Path.GetDirectoryName(_path), Path.GetFileName(_path));
        _watcher.Changed += Reload;
        _watcher.Created += Reload;
        _watcher.Renamed += Reload;
        _watcher.EnableRaisingEvents = true;
    }

    public override IChangeToken GetReloadToken() => _reloadToken;

    public override ITransformer GetModel() => _model;

    public void Dispose() => _watcher?.Dispose();

    private void Reload(object sender, FileSystemEventArgs change)
    {
        ModelReloadToken replaced;
        lock (_lock)
        {
            try
            {
                _model = _context.Model.Load(_path, out _);
            }
            catch (Exception exception) when (exception is IOException or InvalidDataException or InvalidOperationException or UnauthorizedAccessException)
            {
                // Also the usual case of a file that is still being written: its last change brings another event.
                using var channel = ((IChannelProvider)_context).Start(nameof(FileModelLoader));
                channel.Warning(MessageSensitivity.None, $"The changed model {_path} could not be loaded, the former one stays in use: {exception.Message}");
                return;
            }
            replaced = Interlocked.Exchange(ref _reloadToken, new ModelReloadToken());
        }
        replaced.OnReload();
    }
}
