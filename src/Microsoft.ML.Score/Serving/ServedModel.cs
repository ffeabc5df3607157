using Microsoft.Extensions.Logging;

namespace Microsoft.ML.Score.Serving;

/// <summary>One model of a pool: loads its file at first use, replaces the generation when the file changes, and knows how it fares.</summary>
internal sealed class ServedModel<TData, TPrediction> : IDisposable
    where TData : class
    where TPrediction : class, new()
{
    private readonly MLContext _context;
    private readonly Func<Stream, ITransformer> _load;
    private readonly bool _watch;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private Lazy<bool> _firstLoad;
    private Generation<TData, TPrediction>? _current;
    private FileWatch? _fileWatch;
    private Exception? _failure;
    private bool _disposed;

    public ServedModel(ModelSource source, MLContext context, Func<Stream, ITransformer> load, bool watch, ILogger logger, TimeProvider time)
    {
        Source = source;
        _context = context;
        _load = load;
        _watch = watch;
        _logger = logger;
        _time = time;
        _firstLoad = new Lazy<bool>(LoadFirst);
    }

    public ModelSource Source { get; }

    /// <summary>Why the newest file is not the one that is served; null where it is.</summary>
    public Exception? Failure => Volatile.Read(ref _failure);

    public ScorePredictionEngineLease<TData, TPrediction> Rent()
    {
        while (true)
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), typeof(ScorePredictionEnginePool<TData, TPrediction>));
            if (Volatile.Read(ref _current) is not { } generation)
                EnsureLoaded();
            else if (generation.TryRent() is { } lease)
                return lease;
        }
    }

    public void Dispose()
    {
        Generation<TData, TPrediction>? last;
        FileWatch? watch;
        lock (_gate)
        {
            _disposed = true;
            (last, _current) = (_current, null);
            (watch, _fileWatch) = (_fileWatch, null);
        }
        watch?.Dispose(); // outside the gate, which a reload under way needs to end
        last?.Leave();
    }

    // Callers that wait for one attempt share its outcome; after a failure the next call makes another.
    private void EnsureLoaded()
    {
        var attempt = Volatile.Read(ref _firstLoad);
        try
        {
            _ = attempt.Value;
        }
        catch
        {
            Interlocked.CompareExchange(ref _firstLoad, new Lazy<bool>(LoadFirst), attempt);
            throw;
        }
    }

    private bool LoadFirst()
    {
        Generation<TData, TPrediction> generation;
        FileStamp stamp;
        try
        {
            (generation, stamp) = LoadGeneration();
        }
        catch (Exception error)
        {
            throw new InvalidOperationException($"The pool cannot load {Source.Title} from '{Source.FilePath}': {error.Message}", error);
        }

        Publish(generation);
        _logger.LogInformation("The pool serves {Model} from '{File}'", Source.Title, Source.FilePath);
        if (_watch)
            StartWatch(stamp);
        return true;
    }

    private void StartWatch(FileStamp loaded)
    {
        var watch = new FileWatch(Source.FilePath, loaded, Reload, Keep, _logger, _time);
        lock (_gate)
        {
            if (!_disposed)
            {
                _fileWatch = watch;
                return;
            }
        }
        watch.Dispose();
    }

    private Exception? Reload()
    {
        try
        {
            Publish(LoadGeneration().Generation);
        }
        catch (Exception error)
        {
            return error; // of whatever kind: nothing that a file holds may stop the process
        }
        _logger.LogInformation("The pool serves {Model} from the changed file '{File}'", Source.Title, Source.FilePath);
        return null;
    }

    private void Keep(Exception error)
    {
        Volatile.Write(ref _failure, error);
        _logger.LogWarning(error, "The changed file '{File}' of {Model} could not be loaded; the former stays in use", Source.FilePath, Source.Title);
    }

    private (Generation<TData, TPrediction> Generation, FileStamp Stamp) LoadGeneration()
    {
        using var file = Source.Open();
        var stamp = FileStamp.Of(file.SafeFileHandle);
        var generation = new Generation<TData, TPrediction>(_context, _load(file), _logger);
        if (FileStamp.Of(file.SafeFileHandle) == stamp)
            return (generation, stamp);
        generation.Leave(); // read before and after a write, it may be half of each
        throw new IOException("The file was written while it was read.");
    }

    private void Publish(Generation<TData, TPrediction> generation)
    {
        Generation<TData, TPrediction>? replaced;
        lock (_gate)
        {
            replaced = _disposed ? generation : _current;
            if (!_disposed)
            {
                Volatile.Write(ref _current, generation);
                Volatile.Write(ref _failure, null);
            }
        }
        replaced?.Leave();
    }
}
