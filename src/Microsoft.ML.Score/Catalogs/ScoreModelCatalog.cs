using Microsoft.ML.Data;
using Microsoft.ML.Score;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Saving;

namespace Microsoft.ML;

/// <summary>Loads pipelines and policies.</summary>
public static class ScoreModelCatalog
{
    /// <summary>
    /// Loads a saved pipeline with its real transformers. Plain <c>Model.Load</c> gives the same values, but through ML.NET's own
    /// transformers, which read ahead up to 128 rows and drop annotations: prefer this one before streaming large rows.
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="filePath">The zip.</param>
    /// <param name="inputSchema">The schema that the pipeline was saved with.</param>
    /// <param name="options">Where the frozen model is found; null means the defaults.</param>
    /// <exception cref="ArgumentException">The given model is not the saved one.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is no saved pipeline, or damaged.</exception>
    public static ITransformer LoadScore(this ModelOperationsCatalog catalog, string filePath, out DataViewSchema inputSchema, ScoreLoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(filePath);

        ITransformer loaded;
        using (var stream = File.OpenRead(filePath))
            loaded = PipelineZip.Load(catalog, stream, filePath, out inputSchema);
        try
        {
            return catalog.Rehydrate(loaded, options);
        }
        catch (Exception error)
        {
            (loaded as IDisposable)?.Dispose(); // others' transformers in it may hold native sessions
            if (error is InvalidDataException)
                throw PipelineZip.Unloadable(filePath, error);
            throw;
        }
    }

    /// <summary>Puts the real transformers back into a pipeline that plain <c>Model.Load</c> loaded; transformers of others stay as they are.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="loaded">What <c>Model.Load</c> returned.</param>
    /// <param name="options">Where the frozen model is found; null means the defaults.</param>
    /// <exception cref="ArgumentException">The given model is not the saved one.</exception>
    public static ITransformer Rehydrate(this ModelOperationsCatalog catalog, ITransformer loaded, ScoreLoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(loaded);

        return Rehydrate(loaded, options ?? new ScoreLoadOptions());
    }

    /// <summary>A transformer from a policy file, ready for rows of the given schema without any Fit.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="policyPath">The policy file.</param>
    /// <param name="inputSchema">Schema of the rows; decides how their features and grids are read.</param>
    /// <param name="outputColumnName">Name of the mask column.</param>
    /// <param name="featuresColumnName">Name of the features column.</param>
    /// <param name="options">How the policy is applied; null means the defaults.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, of another type, or from another encoder than the policy's.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is no policy.</exception>
    public static ScoreCompressTransformer LoadScorePolicy(
        this ModelOperationsCatalog catalog,
        string policyPath,
        DataViewSchema inputSchema,
        string outputColumnName,
        string featuresColumnName,
        ScorePolicyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(policyPath);
        ArgumentNullException.ThrowIfNull(inputSchema);
        ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
        ArgumentException.ThrowIfNullOrEmpty(featuresColumnName);
        options ??= new ScorePolicyOptions();
        options.ThrowIfFaulty(nameof(options));

        return new ScorePolicyEstimator(outputColumnName, featuresColumnName, PolicyNetwork.Load(policyPath), options).Create(inputSchema);
    }

    private static ITransformer Rehydrate(ITransformer loaded, ScoreLoadOptions options)
    {
        if (loaded is not IEnumerable<ITransformer> chain)
            return loaded;
        return CarrierChain.CarriedBy(chain)?.Restore(options)
            ?? (ITransformer)new TransformerChain<ITransformer>([.. chain.Select(transformer => Rehydrate(transformer, options))]);
    }
}
