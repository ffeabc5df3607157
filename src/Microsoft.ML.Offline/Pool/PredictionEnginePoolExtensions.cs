namespace Microsoft.Extensions.ML;

/// <summary>Predicts with an engine taken from a pool for the one call.</summary>
public static class PredictionEnginePoolExtensions
{
    public static TPrediction Predict<TData, TPrediction>(this PredictionEnginePool<TData, TPrediction> predictionEnginePool, TData example)
        where TData : class
        where TPrediction : class, new() => predictionEnginePool.Predict(Options.Options.DefaultName, example);

    public static TPrediction Predict<TData, TPrediction>(this PredictionEnginePool<TData, TPrediction> predictionEnginePool, string modelName, TData example)
        where TData : class
        where TPrediction : class, new()
    {
        ArgumentNullException.ThrowIfNull(predictionEnginePool);

        var engine = predictionEnginePool.GetPredictionEngine(modelName);
        try
        {
            return engine.Predict(example);
        }
        finally
        {
            predictionEnginePool.ReturnPredictionEngine(modelName, engine);
        }
    }
}
