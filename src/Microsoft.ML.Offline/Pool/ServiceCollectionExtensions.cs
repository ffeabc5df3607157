using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.Extensions.ML;

/// <summary>Registers prediction engine pools.</summary>
public static class ServiceCollectionExtensions
{
    public static PredictionEnginePoolBuilder<TData, TPrediction> AddPredictionEnginePool<TData, TPrediction>(this IServiceCollection services)
        where TData : class
        where TPrediction : class, new()
    {
        services.AddRequiredPredictionEnginePoolServices();
        services.AddSingleton<PredictionEnginePool<TData, TPrediction>>();
        return new PredictionEnginePoolBuilder<TData, TPrediction>(services);
    }

    public static PredictionEnginePoolBuilder<TData, TPrediction> AddPredictionEnginePool<TData, TPrediction>(
        this IServiceCollection services, Func<IServiceProvider, PredictionEnginePool<TData, TPrediction>> implementationFactory)
        where TData : class
        where TPrediction : class, new()
    {
        services.AddRequiredPredictionEnginePoolServices();
        services.AddSingleton(implementationFactory);
        return new PredictionEnginePoolBuilder<TData, TPrediction>(services);
    }

    public static IServiceCollection AddRequiredPredictionEnginePoolServices(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);

        return services.AddOptions();
    }
}
