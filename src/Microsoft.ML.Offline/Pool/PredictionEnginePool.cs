using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Microsoft.ML;

namespace Microsoft.Extensions.ML;

/// <summary>Prediction engines for many threads: take one, use it on one thread, return it. Thread-safe.</summary>
public class PredictionEnginePool<TData, TPrediction>
    where TData : class
    where TPrediction : class, new()
{
    private readonly MLContext _context;
    private readonly IOptionsFactory<PredictionEnginePoolOptions<TData, TPrediction>> _options;
    private readonly ConcurrentDictionary<string, EnginePool<TData, TPrediction>> _pools = new(StringComparer.Ordinal);
    private readonly Lock _creation = new();

    public PredictionEnginePool(
        IServiceProvider serviceProvider,
        IOptions<MLOptions> mlContextOptions,
        IOptionsFactory<PredictionEnginePoolOptions<TData, TPrediction>> predictionEngineOptions)
    {
        ArgumentNullException.ThrowIfNull(serviceProvider);
        ArgumentNullException.ThrowIfNull(mlContextOptions);
        ArgumentNullException.ThrowIfNull(predictionEngineOptions);

        _context = mlContextOptions.Value.MLContext
            ?? throw new ArgumentException("The options hold no MLContext", nameof(mlContextOptions));
        _options = predictionEngineOptions;
    }

    public ITransformer GetModel(string modelName) => PoolOf(modelName).Loader.GetModel();

    public ITransformer GetModel() => GetModel(Options.Options.DefaultName);

    public PredictionEngine<TData, TPrediction> GetPredictionEngine() => GetPredictionEngine(Options.Options.DefaultName);

    public PredictionEngine<TData, TPrediction> GetPredictionEngine(string modelName) => PoolOf(modelName).Get();

    public void ReturnPredictionEngine(PredictionEngine<TData, TPrediction> engine) => ReturnPredictionEngine(Options.Options.DefaultName, engine);

    public void ReturnPredictionEngine(string modelName, PredictionEngine<TData, TPrediction> engine) => PoolOf(modelName).Return(engine);

    private EnginePool<TData, TPrediction> PoolOf(string modelName)
    {
        ArgumentNullException.ThrowIfNull(modelName);

        if (_pools.TryGetValue(modelName, out var pool))
            return pool;
        // One model is loaded once; a failure to load is not kept, so that a file which appears later is found.
        lock (_creation)
            return _pools.GetOrAdd(modelName, Create);
    }

    private EnginePool<TData, TPrediction> Create(string modelName)
    {
        var loader = _options.Create(modelName).ModelLoader
            ?? throw new ArgumentException(
                modelName.Length == 0
                    ? "You need to configure a default, not named, model before you use this method."
                    : $"No model named '{modelName}' is configured for this pool.",
                nameof(modelName));
        return new EnginePool<TData, TPrediction>(_context, loader);
    }
}
