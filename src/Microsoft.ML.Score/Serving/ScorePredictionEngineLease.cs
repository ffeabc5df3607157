using Microsoft.ML.Score.Serving;

namespace Microsoft.ML.Score;

/// <summary>
/// An engine taken from a <see cref="ScorePredictionEnginePool{TData,TPrediction}"/> until it is disposed. All its predictions come from one
/// pipeline, even if the file is replaced or the pool disposed meanwhile. For one thread at a time.
/// </summary>
/// <typeparam name="TData">The class of the input rows.</typeparam>
/// <typeparam name="TPrediction">The class of the predictions.</typeparam>
/// <example><code>
/// using var lease = pool.Rent();
/// VideoAnswer[] answers = [.. questions.Select(lease.Predict)];
/// </code></example>
public sealed class ScorePredictionEngineLease<TData, TPrediction> : IDisposable
    where TData : class
    where TPrediction : class, new()
{
    private readonly Generation<TData, TPrediction> _generation;
    private PredictionEngine<TData, TPrediction>? _engine;
    private bool _failed;

    internal ScorePredictionEngineLease(Generation<TData, TPrediction> generation, PredictionEngine<TData, TPrediction> engine)
    {
        _generation = generation;
        _engine = engine;
    }

    /// <summary>Predicts.</summary>
    /// <param name="example">The input row.</param>
    /// <exception cref="ObjectDisposedException">The lease is disposed.</exception>
    public TPrediction Predict(TData example)
    {
        ArgumentNullException.ThrowIfNull(example);
        var engine = _engine;
        ObjectDisposedException.ThrowIf(engine is null, this);

        try
        {
            return engine.Predict(example);
        }
        catch
        {
            _failed = true;
            throw;
        }
    }

    /// <summary>Gives the engine back. Safe to call again.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _engine, null) is { } engine)
            _generation.GiveBack(engine, reusable: !_failed);
    }
}
