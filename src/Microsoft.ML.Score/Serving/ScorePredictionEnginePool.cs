using Microsoft.Extensions.Logging;
using Microsoft.ML.Score.Serving;

namespace Microsoft.ML.Score;

/// <summary>
/// Prediction engines over saved pipelines, for many threads at once; registered by <c>AddScorePredictionEnginePool</c>. A pipeline is loaded
/// at its first use, by one thread while others wait. A failed load is not kept: the next call tries again. When the file changes the new
/// pipeline takes over between two predictions; if it cannot be loaded the former stays in use and a warning is logged. A replaced pipeline
/// is disposed after its last prediction. Frozen video models are not the pool's: one that was given stays its giver's, one that was found by
/// its fingerprint is shared by the process. A pipeline that lacks the column of a member of <typeparamref name="TPrediction"/> is not served;
/// members that are no columns are marked <c>[NoColumn]</c>.
/// </summary>
/// <remarks>
/// All members are safe for concurrent calls. The service provider disposes the pool: predictions that are running end well, later
/// calls throw <see cref="ObjectDisposedException"/>.
/// </remarks>
/// <typeparam name="TData">The class of the input rows.</typeparam>
/// <typeparam name="TPrediction">The class of the predictions.</typeparam>
/// <example><code>
/// app.MapPost("/answer", (VideoQuestion question, ScorePredictionEnginePool&lt;VideoQuestion, VideoAnswer&gt; pool) => pool.Predict(question));
/// </code></example>
public sealed class ScorePredictionEnginePool<TData, TPrediction> : IDisposable
    where TData : class
    where TPrediction : class, new()
{
    private const string DefaultModel = ScorePredictionEnginePoolOptions<TData, TPrediction>.DefaultModel;

    private readonly Dictionary<string, ServedModel<TData, TPrediction>> _models;

    internal ScorePredictionEnginePool(ScorePredictionEnginePoolOptions<TData, TPrediction> options, ILogger logger, TimeProvider time)
    {
        var context = options.MLContext ?? new MLContext();
        _models = options.Models.Values.ToDictionary(
            source => source.Name,
            source => new ServedModel<TData, TPrediction>(
                source, context, stream => options.Load(context, stream, source.Options), options.WatchForChanges, logger, time),
            StringComparer.Ordinal);
    }

    internal IReadOnlyCollection<ServedModel<TData, TPrediction>> Models => _models.Values;

    /// <summary>Predicts with the default model.</summary>
    /// <param name="example">The input row.</param>
    /// <exception cref="ArgumentException">The pool has no default model; the message lists the names it has.</exception>
    /// <exception cref="InvalidOperationException">The pipeline cannot be loaded; the message names the model and the file. The pipeline's own errors pass through.</exception>
    /// <exception cref="ObjectDisposedException">The pool is disposed.</exception>
    public TPrediction Predict(TData example) => Predict(DefaultModel, example);

    /// <summary>Predicts with a named model.</summary>
    /// <param name="modelName">The name that the model was added with.</param>
    /// <param name="example">The input row.</param>
    /// <exception cref="ArgumentException">The pool has no such model; the message lists the names it has.</exception>
    /// <exception cref="InvalidOperationException">The pipeline cannot be loaded; the message names the model and the file. The pipeline's own errors pass through.</exception>
    /// <exception cref="ObjectDisposedException">The pool is disposed.</exception>
    public TPrediction Predict(string modelName, TData example)
    {
        ArgumentNullException.ThrowIfNull(example);

        using var lease = Rent(modelName);
        return lease.Predict(example);
    }

    /// <summary>Takes an engine of the default model for several predictions by one and the same pipeline; dispose the lease to give it back.</summary>
    /// <exception cref="ArgumentException">The pool has no default model; the message lists the names it has.</exception>
    /// <exception cref="InvalidOperationException">The pipeline cannot be loaded; the message names the model and the file.</exception>
    /// <exception cref="ObjectDisposedException">The pool is disposed.</exception>
    public ScorePredictionEngineLease<TData, TPrediction> Rent() => Rent(DefaultModel);

    /// <summary>Takes an engine of a named model for several predictions by one and the same pipeline; dispose the lease to give it back.</summary>
    /// <param name="modelName">The name that the model was added with.</param>
    /// <exception cref="ArgumentException">The pool has no such model; the message lists the names it has.</exception>
    /// <exception cref="InvalidOperationException">The pipeline cannot be loaded; the message names the model and the file.</exception>
    /// <exception cref="ObjectDisposedException">The pool is disposed.</exception>
    public ScorePredictionEngineLease<TData, TPrediction> Rent(string modelName)
    {
        ArgumentNullException.ThrowIfNull(modelName);

        if (_models.TryGetValue(modelName, out var model))
            return model.Rent();
        var known = _models.Count == 0 ? "no models" : string.Join(", ", _models.Values.Select(served => served.Source.Title));
        throw new ArgumentException(
            modelName.Length == 0 ? $"The pool has no default model: name one of {known}." : $"The pool has no model '{modelName}'; it has {known}.",
            nameof(modelName));
    }

    /// <summary>Disposes the pipelines, each after its last running prediction, and watches their files no longer.</summary>
    public void Dispose()
    {
        foreach (var model in _models.Values)
            model.Dispose();
    }
}
