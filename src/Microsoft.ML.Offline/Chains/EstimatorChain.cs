using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Estimators fitted one after another, each on the data as transformed by those before it. Immutable.</summary>
public sealed class EstimatorChain<TLastTransformer> : IEstimator<TransformerChain<TLastTransformer>>
    where TLastTransformer : class, ITransformer
{
    public readonly IEstimator<TLastTransformer> LastEstimator;

    private readonly ChainLink[] _links;

    public EstimatorChain()
        : this([])
    {
    }

    private EstimatorChain(ChainLink[] links)
    {
        _links = links;
        LastEstimator = links.Length == 0 ? null : (IEstimator<TLastTransformer>)links[^1].Estimator;
    }

    public TransformerChain<TLastTransformer> Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);

        // A column that a later estimator misses is reported before the first one starts to learn.
        GetOutputSchema(SchemaShape.Of(input.Schema));

        var fitted = new List<ITransformer>();
        var data = input;
        for (var i = 0; i < _links.Length; i++)
        {
            fitted.Add(_links[i].Estimator.Fit(data));
            if (i == _links.Length - 1)
                break;
            data = fitted[i].Transform(data);
            if (_links[i].CacheAfter)
                data = new CachedDataView(data);
        }
        return new TransformerChain<TLastTransformer>(fitted, _links.Select(link => link.Scope));
    }

    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);

        return _links.Aggregate(inputSchema, (shape, link) => link.Estimator.GetOutputSchema(shape));
    }

    public EstimatorChain<TNewTrans> Append<TNewTrans>(IEstimator<TNewTrans> estimator, TransformerScope scope = TransformerScope.Everything)
        where TNewTrans : class, ITransformer
    {
        ArgumentNullException.ThrowIfNull(estimator);

        return new EstimatorChain<TNewTrans>([.. _links, new ChainLink((IEstimator<ITransformer>)estimator, scope, CacheAfter: false)]);
    }

    public EstimatorChain<TLastTransformer> AppendCacheCheckpoint(IHostEnvironment env)
    {
        ArgumentNullException.ThrowIfNull(env);
        if (_links.Length == 0)
            throw new InvalidOperationException("A cache checkpoint needs an estimator before it");

        return new EstimatorChain<TLastTransformer>([.. _links[..^1], _links[^1] with { CacheAfter = true }]);
    }
}

/// <summary>One estimator of a chain, and whether what it gives is cached for those after it.</summary>
internal sealed record ChainLink(IEstimator<ITransformer> Estimator, TransformerScope Scope, bool CacheAfter);
