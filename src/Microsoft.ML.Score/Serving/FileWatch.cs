using Microsoft.Extensions.Logging;

namespace Microsoft.ML.Score.Serving;

/// <summary>
/// Has a file loaded again when it has changed and been quiet since. The file system's notifications hasten what a look at the file every
/// second finds anyway: on network mounts, and behind links whose target is exchanged, there are none.
/// </summary>
internal sealed class FileWatch : IDisposable
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_quiet = TimeSpan.FromMilliseconds(250);
    private const int Retries = 3;

    private readonly string _path;
    private readonly Func<Exception?> _reload;
    private readonly Action<Exception> _gaveUp;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly FileSystemWatcher? _notifications;
    private readonly Lock _checking = new();
    private FileStamp? _seen;
    private bool _notified;
    private bool _pending;
    private int _failures;
    private volatile bool _disposed;

    /// <param name="path">The file's full path.</param>
    /// <param name="loaded">The state of the file that is loaded already.</param>
    /// <param name="reload">Loads the file; gives the error where that fails.</param>
    /// <param name="gaveUp">Hears the error where the file stays as it is and still cannot be loaded.</param>
    /// <param name="logger">Hears of failing notifications.</param>
    /// <param name="time">The clock.</param>
    public FileWatch(string path, FileStamp loaded, Func<Exception?> reload, Action<Exception> gaveUp, ILogger logger, TimeProvider time)
    {
        _path = path;
        _seen = loaded;
        _reload = reload;
        _gaveUp = gaveUp;
        _logger = logger;
        _timer = time.CreateTimer(_ => Check(), null, s_quiet, Timeout.InfiniteTimeSpan);
        _notifications = Listen();
    }

    public void Dispose()
    {
        _disposed = true;
        _notifications?.Dispose();
        lock (_checking)
            _timer.Dispose();
    }

    private FileSystemWatcher? Listen()
    {
        FileSystemWatcher? watcher = null;
        try
        {
            // A file that is moved here gives Renamed or Created, one written in place Changed.
            watcher = new FileSystemWatcher(Path.GetDirectoryName(_path)!, Path.GetFileName(_path));
            watcher.NotifyFilter = NotifyFilters.FileName | NotifyFilters.LastWrite | NotifyFilters.Size;
            watcher.Created += (_, _) => Notify();
            watcher.Changed += (_, _) => Notify();
            watcher.Deleted += (_, _) => Notify();
            watcher.Renamed += (_, _) => Notify();
            watcher.Error += (_, failure) =>
            {
                _logger.LogWarning(failure.GetException(), "Notifications of '{File}' fail; a change is found by looking every second", _path);
                Notify();
            };
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception error) when (error is IOException or ArgumentException or PlatformNotSupportedException or UnauthorizedAccessException)
        {
            _logger.LogWarning(error, "There are no notifications of '{File}'; a change is found by looking every second", _path);
            watcher?.Dispose();
            return null;
        }
    }

    private void Notify()
    {
        Volatile.Write(ref _notified, true);
        _timer.Change(s_quiet, Timeout.InfiniteTimeSpan); // again with each notification, so that a burst is one change
    }

    private void Check()
    {
        if (!_checking.TryEnter())
            return; // a load takes longer than the writer's pauses; its check sees the notification at its end
        try
        {
            if (_disposed)
                return;
            var next = Step();
            _timer.Change(Volatile.Read(ref _notified) ? s_quiet : next, Timeout.InfiniteTimeSpan);
        }
        finally
        {
            _checking.Exit();
        }
    }

    // Gives the time until the next step.
    private TimeSpan Step()
    {
        var stamp = FileStamp.Of(_path);
        var notified = Interlocked.Exchange(ref _notified, false);
        if (notified || stamp != _seen)
        {
            // A notification counts without another stamp: copied files may keep length and time.
            (_seen, _pending, _failures) = (stamp, true, 0);
            return s_quiet;
        }
        if (!_pending)
            return s_look;

        if (_reload() is not { } error)
        {
            _pending = false;
            return s_look;
        }
        _failures++;
        if (_failures <= Retries)
            return s_quiet * (1 << _failures);
        if (_failures == Retries + 1)
            _gaveUp(error);
        _pending = error is IOException; // locked or gone may pass without a trace on the file; damaged does not
        return s_look;
    }
}
