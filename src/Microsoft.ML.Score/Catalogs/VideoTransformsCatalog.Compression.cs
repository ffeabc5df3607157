using Microsoft.ML.Score;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;

namespace Microsoft.ML;

// The compressions: by a policy, by methods without training, and what their masks keep.
public static partial class VideoTransformsCatalog
{
    /// <summary>
    /// Trains SCORE's token-selection policy on videos and captions and adds the mask of the tokens that it keeps. Training is seeded
    /// by <see cref="ScoreOptions.Training"/> and logs nowhere: take the overload with an <see cref="MLContext"/> for its seed and log.
    /// </summary>
    /// <param name="catalog">The transforms catalog.</param>
    /// <param name="outputColumnName">Name of the mask column.</param>
    /// <param name="featuresColumnName">Name of the features column.</param>
    /// <param name="captionColumnName">Name of the text column of captions; needed for Fit only.</param>
    /// <param name="model">The frozen model whose cross-entropy is the reward; needed for Fit only, stays the caller's to dispose.</param>
    /// <param name="options">Retention ratio, training, validation; null means the defaults.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    /// <remarks>
    /// SCORE (arXiv 2603.26365) learns by reinforcement learning on the frozen model's cross-entropy of captions. Still images feed the warm-up
    /// on pseudo-videos, videos the main stage; one data view carries both. Rows are streamed and read several times, and of a row only what a step
    /// needs: EncodeVideo keeps what it encoded in a cache, other featurizers may need one of their own.
    ///
    /// <c>Fit</c> throws <see cref="InvalidDataException"/>, which names the row, where a row's content is unusable,
    /// <see cref="InvalidOperationException"/> where the data view or the validation set has no rows, or none of more than one time step with the
    /// warm-up left out, and <see cref="OperationCanceledException"/> where the options' token was cancelled.
    /// </remarks>
    public static IEstimator<ScoreCompressTransformer> ScoreCompress(
        this TransformsCatalog catalog,
        string outputColumnName,
        string featuresColumnName,
        string captionColumnName,
        IVideoLanguageModel model,
        ScoreOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);

        return CreateScoreCompress(null, outputColumnName, featuresColumnName, captionColumnName, model, options ?? new ScoreOptions());
    }

    /// <summary>
    /// Trains SCORE's token-selection policy on videos and captions and adds the mask of the tokens that it keeps. The seed comes from
    /// the context, and progress and warnings go to its log.
    /// </summary>
    /// <param name="catalog">The transforms catalog.</param>
    /// <param name="context">The context for seed and log (a catalog's own is not public).</param>
    /// <param name="outputColumnName">Name of the mask column.</param>
    /// <param name="featuresColumnName">Name of the features column.</param>
    /// <param name="captionColumnName">Name of the text column of captions; needed for Fit only.</param>
    /// <param name="model">The frozen model whose cross-entropy is the reward; needed for Fit only, stays the caller's to dispose.</param>
    /// <param name="options">Retention ratio, training, validation; null means the defaults.</param>
    /// <exception cref="ArgumentException">The options have faults, or a seed beside the context's; the message lists all of them.</exception>
    /// <remarks><inheritdoc cref="ScoreCompress(TransformsCatalog, string, string, string, IVideoLanguageModel, ScoreOptions)" path="/remarks/node()"/></remarks>
    public static IEstimator<ScoreCompressTransformer> ScoreCompress(
        this TransformsCatalog catalog,
        MLContext context,
        string outputColumnName,
        string featuresColumnName,
        string captionColumnName,
        IVideoLanguageModel model,
        ScoreOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(context);

        return CreateScoreCompress(context, outputColumnName, featuresColumnName, captionColumnName, model, options ?? new ScoreOptions());
    }

    /// <summary>Adds the mask of the tokens that a ready policy keeps; nothing is trained.</summary>
    /// <param name="catalog">The transforms catalog.</param>
    /// <param name="outputColumnName">Name of the mask column.</param>
    /// <param name="featuresColumnName">Name of the features column.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="options">How it is applied; null means the defaults.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    public static IEstimator<ScoreCompressTransformer> ApplyScorePolicy(
        this TransformsCatalog catalog,
        string outputColumnName,
        string featuresColumnName,
        PolicyNetwork policy,
        ScorePolicyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
        ArgumentException.ThrowIfNullOrEmpty(featuresColumnName);
        ArgumentNullException.ThrowIfNull(policy);
        options ??= new ScorePolicyOptions();
        options.ThrowIfFaulty(nameof(options));

        return new ScorePolicyEstimator(outputColumnName, featuresColumnName, policy, options);
    }

    /// <summary>Adds the mask of the tokens that the policy of a file keeps; nothing is trained.</summary>
    /// <param name="catalog">The transforms catalog.</param>
    /// <param name="outputColumnName">Name of the mask column.</param>
    /// <param name="featuresColumnName">Name of the features column.</param>
    /// <param name="policyPath">The policy file, read at once.</param>
    /// <param name="options">How it is applied; null means the defaults.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is no policy.</exception>
    public static IEstimator<ScoreCompressTransformer> ApplyScorePolicy(
        this TransformsCatalog catalog,
        string outputColumnName,
        string featuresColumnName,
        string policyPath,
        ScorePolicyOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(policyPath);

        return catalog.ApplyScorePolicy(outputColumnName, featuresColumnName, PolicyNetwork.Load(policyPath), options);
    }

    /// <summary>Adds the mask of the tokens that a method without training keeps.</summary>
    /// <param name="catalog">The transforms catalog.</param>
    /// <param name="outputColumnName">Name of the mask column.</param>
    /// <param name="featuresColumnName">Name of the features column.</param>
    /// <param name="method">The method.</param>
    /// <param name="options">Retention ratio, seed of the controls, grid column; null means the defaults.</param>
    /// <exception cref="ArgumentException">The method merges or needs a policy, or the options have faults; the message lists all of them.</exception>
    public static IEstimator<VideoTransformer> PruneTokens(
        this TransformsCatalog catalog,
        string outputColumnName,
        string featuresColumnName,
        CompressionMethod method,
        PruneTokensOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
        ArgumentException.ThrowIfNullOrEmpty(featuresColumnName);
        ArgumentNullException.ThrowIfNull(method);
        options ??= new PruneTokensOptions();
        options.ThrowIfFaulty(nameof(options));

        if (method.Merges || (method.Needs & ~CompressionNeeds.Seed) != 0)
            throw new ArgumentException($"PruneTokens takes a method that keeps tokens as they are and needs no policy, got {method}: use {(method.Merges ? "MergeTokens" : "ApplyScorePolicy")}.", nameof(method));

        return new PruneTokensEstimator(outputColumnName, featuresColumnName, method, options);
    }

    /// <summary>
    /// Adds the vectors of the tokens that a merging method without training leaves, [k, D], their positions, and the grid where the
    /// features themselves give it.
    /// </summary>
    /// <param name="catalog">The transforms catalog.</param>
    /// <param name="outputColumnName">Name of the column of merged vectors.</param>
    /// <param name="featuresColumnName">Name of the features column.</param>
    /// <param name="method">The method.</param>
    /// <param name="options">Retention ratio, names of the positions, salience and grid columns; null means the defaults.</param>
    /// <exception cref="ArgumentException">The method does not merge, or the options have faults; the message lists all of them.</exception>
    /// <remarks>
    /// Methods that choose by the encoder's attention take it from feature files that <c>EncodeVideo</c> wrote with a model loaded with
    /// <see cref="VideoModelOptions.EncoderStatistics"/>, or from a column of saliences; with the latter steps are compared by their mean tokens.
    /// </remarks>
    public static IEstimator<VideoTransformer> MergeTokens(
        this TransformsCatalog catalog,
        string outputColumnName,
        string featuresColumnName,
        CompressionMethod method,
        MergeTokensOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
        ArgumentException.ThrowIfNullOrEmpty(featuresColumnName);
        ArgumentNullException.ThrowIfNull(method);
        options ??= new MergeTokensOptions();
        options.ThrowIfFaulty(nameof(options));

        if (!method.Merges)
            throw new ArgumentException($"MergeTokens takes a method that merges tokens, got {method}: use {(method.Needs.HasFlag(CompressionNeeds.Policy) ? "ApplyScorePolicy" : "PruneTokens")}.", nameof(method));

        return new MergeTokensEstimator(outputColumnName, featuresColumnName, method, options);
    }

    /// <summary>
    /// Adds the vectors of the tokens that a mask keeps, [k, D], their original positions, and the grid where the features themselves give
    /// it. On request their mean, [D], which ML.NET's trainers can follow.
    /// </summary>
    /// <param name="catalog">The transforms catalog.</param>
    /// <param name="outputColumnName">Name of the column of kept vectors.</param>
    /// <param name="featuresColumnName">Name of the features column.</param>
    /// <param name="maskColumnName">Name of the mask column.</param>
    /// <param name="options">Names of the positions, grid and pooled columns; null means the defaults.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    public static IEstimator<VideoTransformer> GatherTokens(
        this TransformsCatalog catalog,
        string outputColumnName,
        string featuresColumnName,
        string maskColumnName,
        GatherTokensOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
        ArgumentException.ThrowIfNullOrEmpty(featuresColumnName);
        ArgumentException.ThrowIfNullOrEmpty(maskColumnName);
        options ??= new GatherTokensOptions();
        options.ThrowIfFaulty(nameof(options));

        return new GatherTokensEstimator(outputColumnName, featuresColumnName, maskColumnName, options);
    }

    private static IEstimator<ScoreCompressTransformer> CreateScoreCompress(
        MLContext? context,
        string outputColumnName,
        string featuresColumnName,
        string captionColumnName,
        IVideoLanguageModel model,
        ScoreOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
        ArgumentException.ThrowIfNullOrEmpty(featuresColumnName);
        ArgumentException.ThrowIfNullOrEmpty(captionColumnName);
        ArgumentNullException.ThrowIfNull(model);
        options.ThrowIfFaulty(nameof(options), seedOfContext: context is not null);

        return new ScoreCompressEstimator(context, outputColumnName, featuresColumnName, captionColumnName, model, options);
    }
}
