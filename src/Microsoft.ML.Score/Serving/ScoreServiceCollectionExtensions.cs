using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.ML.Score;
using Microsoft.ML.Score.Serving;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers pools of prediction engines over saved pipelines, and their health checks.</summary>
public static class ScoreServiceCollectionExtensions
{
    /// <summary>
    /// Registers a <see cref="ScorePredictionEnginePool{TData,TPrediction}"/> over one saved pipeline, its default model. The file is loaded
    /// at the first prediction and again whenever it changes; it need not exist yet.
    /// </summary>
    /// <typeparam name="TData">The class of the input rows.</typeparam>
    /// <typeparam name="TPrediction">The class of the predictions.</typeparam>
    /// <param name="services">The services.</param>
    /// <param name="filePath">The zip; a relative path is taken from the working directory at the time the pool is made.</param>
    /// <param name="options">Where the frozen model is found; null means the defaults.</param>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    /// <example><code>
    /// services.AddScorePredictionEnginePool&lt;VideoQuestion, VideoAnswer&gt;("score.zip");
    /// </code></example>
    public static IServiceCollection AddScorePredictionEnginePool<TData, TPrediction>(
        this IServiceCollection services,
        string filePath,
        ScoreLoadOptions? options = null)
        where TData : class
        where TPrediction : class, new()
    {
        ArgumentException.ThrowIfNullOrEmpty(filePath);

        return services.AddScorePredictionEnginePool<TData, TPrediction>(pool => pool.FromFile(filePath, options));
    }

    /// <summary>
    /// Registers a <see cref="ScorePredictionEnginePool{TData,TPrediction}"/> as a singleton. Further calls for the same classes add models
    /// to the same pool. A <see cref="TimeProvider"/> and an <see cref="ILoggerFactory"/> are used where they are registered.
    /// </summary>
    /// <typeparam name="TData">The class of the input rows.</typeparam>
    /// <typeparam name="TPrediction">The class of the predictions.</typeparam>
    /// <param name="services">The services.</param>
    /// <param name="configure">Names the models and sets the options; runs when the pool is made.</param>
    /// <example><code>
    /// services.AddScorePredictionEnginePool&lt;VideoQuestion, VideoAnswer&gt;(pool => pool
    ///     .FromFile("quick", "retain-10.zip")
    ///     .FromFile("careful", "retain-50.zip"));
    /// </code></example>
    public static IServiceCollection AddScorePredictionEnginePool<TData, TPrediction>(
        this IServiceCollection services,
        Action<ScorePredictionEnginePoolOptions<TData, TPrediction>> configure)
        where TData : class
        where TPrediction : class, new()
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);

        services.Configure(configure);
        services.TryAddSingleton(provider => new ScorePredictionEnginePool<TData, TPrediction>(
            provider.GetRequiredService<IOptions<ScorePredictionEnginePoolOptions<TData, TPrediction>>>().Value,
            provider.GetService<ILogger<ScorePredictionEnginePool<TData, TPrediction>>>() ?? NullLogger<ScorePredictionEnginePool<TData, TPrediction>>.Instance,
            provider.GetService<TimeProvider>() ?? TimeProvider.System));
        return services;
    }

    /// <summary>
    /// Adds a health check of a registered pool. Healthy: every model is loaded and is the newest file. Degraded: a changed file could not be
    /// loaded and the former is still served. Unhealthy, or <paramref name="failureStatus"/>: a model cannot be loaded at all. The check
    /// loads models that have not been used yet, so that a readiness probe also warms the pool.
    /// </summary>
    /// <typeparam name="TData">The class of the input rows.</typeparam>
    /// <typeparam name="TPrediction">The class of the predictions.</typeparam>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">Name of the check; null means one made of the pool's type.</param>
    /// <param name="failureStatus">What is reported where a model cannot be loaded; null means Unhealthy.</param>
    /// <param name="tags">Tags of the check; null means none.</param>
    /// <example><code>
    /// services.AddHealthChecks().AddScorePredictionEnginePool&lt;VideoQuestion, VideoAnswer&gt;(tags: ["ready"]);
    /// </code></example>
    public static IHealthChecksBuilder AddScorePredictionEnginePool<TData, TPrediction>(
        this IHealthChecksBuilder builder,
        string? name = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null)
        where TData : class
        where TPrediction : class, new()
    {
        ArgumentNullException.ThrowIfNull(builder);

        return builder.Add(new HealthCheckRegistration(
            name ?? $"ScorePredictionEnginePool<{typeof(TData).Name}, {typeof(TPrediction).Name}>",
            provider => new PoolHealthCheck<TData, TPrediction>(provider.GetRequiredService<ScorePredictionEnginePool<TData, TPrediction>>()),
            failureStatus,
            tags));
    }
}
