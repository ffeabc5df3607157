using Microsoft.ML.Score.Serving;

namespace Microsoft.ML.Score;

/// <summary>The models of a <see cref="ScorePredictionEnginePool{TData,TPrediction}"/> and how they are served.</summary>
/// <typeparam name="TData">The class of the input rows.</typeparam>
/// <typeparam name="TPrediction">The class of the predictions.</typeparam>
public sealed class ScorePredictionEnginePoolOptions<TData, TPrediction>
    where TData : class
    where TPrediction : class, new()
{
    /// <summary>The name of the model that is meant where none is named: the empty string, as in Microsoft.Extensions.Options.</summary>
    internal const string DefaultModel = "";

    /// <summary>The context that pipelines are loaded and run in, for instance one with a GpuDeviceId. Default null: the pool makes its own.</summary>
    public MLContext? MLContext { get; set; }

    /// <summary>
    /// Whether a model's file is loaded again when it changes. Default true: notifications of the file system and a look at its length and
    /// time every second, which also serves mounted folders that notify nobody.
    /// </summary>
    public bool WatchForChanges { get; set; } = true;

    internal Dictionary<string, ModelSource> Models { get; } = new(StringComparer.Ordinal);

    /// <summary>How a pipeline is read from its file.</summary>
    internal Func<MLContext, Stream, ScoreLoadOptions?, ITransformer> Load { get; set; } = ModelSource.Load;

    /// <summary>Adds the default model, which is meant where no name is given.</summary>
    /// <param name="filePath">The zip; it need not exist yet.</param>
    /// <param name="options">Where the frozen model is found; null means the defaults.</param>
    /// <exception cref="ArgumentException">The path is empty, or the pool has a default model already.</exception>
    /// <returns>These options, for the next model.</returns>
    public ScorePredictionEnginePoolOptions<TData, TPrediction> FromFile(string filePath, ScoreLoadOptions? options = null) =>
        FromFile(DefaultModel, filePath, options);

    /// <summary>Adds a named model.</summary>
    /// <param name="modelName">The name that predictions ask for it by; upper and lower case differ.</param>
    /// <param name="filePath">The zip; it need not exist yet.</param>
    /// <param name="options">Where the frozen model is found; null means the defaults.</param>
    /// <exception cref="ArgumentException">The path is empty, or the pool has a model of that name already.</exception>
    /// <returns>These options, for the next model.</returns>
    public ScorePredictionEnginePoolOptions<TData, TPrediction> FromFile(string modelName, string filePath, ScoreLoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(modelName);
        ArgumentException.ThrowIfNullOrEmpty(filePath);

        var source = new ModelSource(modelName, Path.GetFullPath(filePath), options);
        if (!Models.TryAdd(modelName, source))
            throw new ArgumentException($"The pool has {source.Title} already, from '{Models[modelName].FilePath}'.", nameof(modelName));
        return this;
    }
}
