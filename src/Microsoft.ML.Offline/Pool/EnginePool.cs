using System.Runtime.CompilerServices;
using Microsoft.Extensions.ObjectPool;
using Microsoft.Extensions.Primitives;
using Microsoft.ML;

namespace Microsoft.Extensions.ML;

/// <summary>The engines of one model. When the model is replaced a new set is begun; engines in use go back to the set that they came from.</summary>
internal sealed class EnginePool<TData, TPrediction>
    where TData : class
    where TPrediction : class, new()
{
    private readonly MLContext _context;
    private readonly ConditionalWeakTable<PredictionEngine<TData, TPrediction>, ObjectPool<PredictionEngine<TData, TPrediction>>> _origins = [];
    private ObjectPool<PredictionEngine<TData, TPrediction>> _engines;

    public EnginePool(MLContext context, ModelLoader loader)
    {
        _context = context;
        Loader = loader;
        Renew();
        ChangeToken.OnChange(loader.GetReloadToken, Renew);
    }

    public ModelLoader Loader { get; }

    public PredictionEngine<TData, TPrediction> Get()
    {
        var engines = Volatile.Read(ref _engines);
        var engine = engines.Get();
        _origins.AddOrUpdate(engine, engines);
        return engine;
    }

    public void Return(PredictionEngine<TData, TPrediction> engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        if (!_origins.TryGetValue(engine, out var engines))
            throw new ArgumentException("The engine was not taken from this pool", nameof(engine));

        engines.Return(engine);
    }

    private void Renew() => Volatile.Write(ref _engines, new DefaultObjectPoolProvider().Create(new Policy(_context, Loader.GetModel())));

    private sealed class Policy(MLContext context, ITransformer model) : IPooledObjectPolicy<PredictionEngine<TData, TPrediction>>
    {
        // Engines beyond what the pool retains are disposed; the model is shared and must outlive them.
        public PredictionEngine<TData, TPrediction> Create() =>
            context.Model.CreatePredictionEngine<TData, TPrediction>(model, new PredictionEngineOptions { OwnsTransformer = false });

        public bool Return(PredictionEngine<TData, TPrediction> obj) => true;
    }
}
