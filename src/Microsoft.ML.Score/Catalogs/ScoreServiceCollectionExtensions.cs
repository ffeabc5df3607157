using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.ML.Score;
using Microsoft.ML.Score.Persistence;

namespace Microsoft.Extensions.ML;

/// <summary>Registers pools of prediction engines over saved pipelines.</summary>
public static class ScoreServiceCollectionExtensions
{
    /// <summary>
    /// Registers a <see cref="PredictionEnginePool{TData,TPrediction}"/> over a saved pipeline, with its real transformers and a place to say
    /// where the frozen model is. <c>AddPredictionEnginePool().FromFile(...)</c> works too and gives the same values.
    /// </summary>
    /// <typeparam name="TData">The class of the input rows.</typeparam>
    /// <typeparam name="TPrediction">The class of the predictions.</typeparam>
    /// <param name="services">The services.</param>
    /// <param name="filePath">The zip; loaded when the first engine is asked for.</param>
    /// <param name="options">Where the frozen model is found; null means the defaults.</param>
    public static PredictionEnginePoolBuilder<TData, TPrediction> AddScorePredictionEnginePool<TData, TPrediction>(
        this IServiceCollection services,
        string filePath,
        ScoreLoadOptions? options = null)
        where TData : class
        where TPrediction : class, new()
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(filePath);

        var builder = services.AddPredictionEnginePool<TData, TPrediction>();
        services.AddOptions<PredictionEnginePoolOptions<TData, TPrediction>>()
            .Configure<IOptions<MLOptions>>((pool, ml) => pool.ModelLoader = new PipelineLoader(ml.Value.MLContext, filePath, options));
        return builder;
    }
}
