using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.ML.Score.Serving;

/// <summary>The health of a pool: of its worst model.</summary>
internal sealed class PoolHealthCheck<TData, TPrediction>(ScorePredictionEnginePool<TData, TPrediction> pool) : IHealthCheck
    where TData : class
    where TPrediction : class, new()
{
    // Loading a model may take long: not on the caller's thread.
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.Run(() => Check(context.Registration.FailureStatus), cancellationToken);

    private HealthCheckResult Check(HealthStatus failureStatus)
    {
        if (pool.Models.Count == 0)
            return new HealthCheckResult(failureStatus, "The pool has no models.");

        Exception? stale = null;
        List<string> faults = [];
        foreach (var model in pool.Models)
        {
            try
            {
                model.Rent().Dispose();
            }
            catch (Exception error)
            {
                return new HealthCheckResult(failureStatus, error.Message, error);
            }
            if (model.Failure is not { } failure)
                continue;
            stale = failure;
            faults.Add($"The changed file '{model.Source.FilePath}' of {model.Source.Title} could not be loaded, the former is served: {failure.Message}");
        }
        return stale is null ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded(string.Join(Environment.NewLine, faults), stale);
    }
}
