namespace Microsoft.Extensions.ML;

/// <summary>How a pool gets its model; <see cref="ModelLoader"/> is where an own format can be plugged in.</summary>
public class PredictionEnginePoolOptions<TData, TPrediction>
    where TData : class
    where TPrediction : class, new()
{
    public ModelLoader ModelLoader { get; set; }
}
