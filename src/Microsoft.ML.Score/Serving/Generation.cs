using Microsoft.Extensions.Logging;
using Microsoft.Extensions.ObjectPool;

namespace Microsoft.ML.Score.Serving;

/// <summary>
/// One loaded pipeline and its engines. It counts its users, the served model being the first; the last to leave disposes engines and
/// pipeline. An engine belongs to its generation for life.
/// </summary>
internal sealed class Generation<TData, TPrediction>
    where TData : class
    where TPrediction : class, new()
{
    private readonly ITransformer _pipeline;
    private readonly ObjectPool<PredictionEngine<TData, TPrediction>> _engines;
    private readonly ILogger _logger;
    private int _users = 1;

    /// <summary>Owns the pipeline from here on, also where this throws because it does not fit the classes of the pool.</summary>
    public Generation(MLContext context, ITransformer pipeline, ILogger logger)
    {
        _pipeline = pipeline;
        _logger = logger;
        _engines = new DefaultObjectPoolProvider().Create(new EnginePolicy(context, pipeline));
        try
        {
            _engines.Return(_engines.Get()); // a pipeline without the columns of the prediction is refused before anyone is served by it
        }
        catch
        {
            Leave();
            throw;
        }
    }

    /// <summary>An engine to use, or null where the generation is over.</summary>
    public ScorePredictionEngineLease<TData, TPrediction>? TryRent()
    {
        int users;
        do
        {
            users = Volatile.Read(ref _users);
            if (users == 0)
                return null;
        }
        while (Interlocked.CompareExchange(ref _users, users + 1, users) != users);

        try
        {
            return new ScorePredictionEngineLease<TData, TPrediction>(this, _engines.Get());
        }
        catch
        {
            Leave();
            throw;
        }
    }

    /// <summary>Ends a use. An engine that threw is not used again: its buffers may be half written.</summary>
    public void GiveBack(PredictionEngine<TData, TPrediction> engine, bool reusable)
    {
        if (reusable)
            _engines.Return(engine);
        else
            engine.Dispose();
        Leave();
    }

    public void Leave()
    {
        if (Interlocked.Decrement(ref _users) > 0)
            return;
        try
        {
            (_engines as IDisposable)?.Dispose();
            (_pipeline as IDisposable)?.Dispose();
        }
        catch (Exception error)
        {
            // Whoever happens to leave last has a good prediction in hand: it is not the one to hear of this.
            _logger.LogError(error, "A replaced pipeline could not be disposed");
        }
    }

    private sealed class EnginePolicy(MLContext context, ITransformer pipeline) : PooledObjectPolicy<PredictionEngine<TData, TPrediction>>
    {
        // ML.NET would leave a member without a column at its default, in silence.
        public override PredictionEngine<TData, TPrediction> Create() => context.Model.CreatePredictionEngine<TData, TPrediction>(
            pipeline, new PredictionEngineOptions { OwnsTransformer = false, IgnoreMissingColumns = false });

        public override bool Return(PredictionEngine<TData, TPrediction> obj) => true;
    }
}
