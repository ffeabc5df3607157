using Microsoft.ML.Runtime;
using Microsoft.ML.Score;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;

namespace Microsoft.ML;

/// <summary>The transforms of this library: encode a video, compress its tokens, gather or merge them, answer questions about them.</summary>
public static class VideoTransformsCatalog
{
    /// <summary>Adds the tokens of a video as the frozen vision encoder gives them, computed when a row is read.</summary>
    /// <param name="catalog">The transforms catalog.</param>
    /// <param name="outputColumnName">
    /// Name of the features column: a Vector of <see cref="float"/> with the grid beside it, or text, the path of a feature
    /// file.
    /// </param>
    /// <param name="inputColumnName">
    /// Name of the column of video file paths, or of RGB frames (Vector of <see cref="byte"/> with dimensions [*, height, width, 3], or
    /// [height, width, 3] for one frame).
    /// </param>
    /// <param name="model">The frozen model; stays the caller's to dispose.</param>
    /// <param name="options">Output, cache, names of the grid and still columns, frame rate; null means the defaults.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    public static EncodeVideoEstimator EncodeVideo(
        this TransformsCatalog catalog,
        string outputColumnName,
        string inputColumnName,
        IVideoLanguageModel model,
        EncodeVideoOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
        ArgumentException.ThrowIfNullOrEmpty(inputColumnName);
        ArgumentNullException.ThrowIfNull(model);
        options ??= new EncodeVideoOptions();
        options.ThrowIfFaulty(nameof(options));

        return new EncodeVideoEstimator(outputColumnName, inputColumnName, model, options);
    }

    /// <summary>
    /// As the overload without a context; frames of video files that do not decode are warnings in the context's log, where
    /// <see cref="EncodeVideoOptions.ReadOptions"/> name no one else to be told.
    /// </summary>
    /// <param name="catalog">The transforms catalog.</param>
    /// <param name="context">The context for the log (a catalog's own is not public).</param>
    /// <param name="outputColumnName">Name of the features column.</param>
    /// <param name="inputColumnName">Name of the column of video file paths, or of RGB frames.</param>
    /// <param name="model">The frozen model; stays the caller's to dispose.</param>
    /// <param name="options">Output, cache, names of the grid and still columns, frame rate; null means the defaults.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    public static EncodeVideoEstimator EncodeVideo(
        this TransformsCatalog catalog,
        MLContext context,
        string outputColumnName,
        string inputColumnName,
        IVideoLanguageModel model,
        EncodeVideoOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(context);

        return catalog.EncodeVideo(outputColumnName, inputColumnName, model, (options ?? new EncodeVideoOptions()).WithWarnings(Warn));

        void Warn(string warning)
        {
            using var channel = ((IHostEnvironment)context).Start(nameof(EncodeVideo));
            channel.Warning(MessageSensitivity.None, warning);
        }
    }

    /// <summary>
    /// Trains SCORE's token-selection policy on videos and captions and adds the mask of the tokens that it keeps. Training is seeded
    /// by <see cref="ScoreOptions.Training"/> and logs nowhere: take the overload with an <see cref="MLContext"/> for its seed and log.
    /// </summary>
    /// <param name="catalog">The transforms catalog.</param>
    /// <param name="outputColumnName">Name of the mask column.</param>
    /// <param name="featuresColumnName">Name of the features column: a Vector of <see cref="float"/>, or text with paths of feature files.</param>
    /// <param name="captionColumnName">Name of the text column of captions; needed for Fit only.</param>
    /// <param name="model">The frozen model whose cross-entropy is the reward; needed for Fit only, stays the caller's to dispose.</param>
    /// <param name="options">Retention ratio, training, validation; null means the defaults.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    public static ScoreCompressEstimator ScoreCompress(
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
    /// <param name="featuresColumnName">Name of the features column: a Vector of <see cref="float"/>, or text with paths of feature files.</param>
    /// <param name="captionColumnName">Name of the text column of captions; needed for Fit only.</param>
    /// <param name="model">The frozen model whose cross-entropy is the reward; needed for Fit only, stays the caller's to dispose.</param>
    /// <param name="options">Retention ratio, training, validation; null means the defaults.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    public static ScoreCompressEstimator ScoreCompress(
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
    /// <param name="featuresColumnName">Name of the features column: a Vector of <see cref="float"/>, or text with paths of feature files.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="options">How it is applied; null means the defaults.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    public static ScorePolicyEstimator ApplyScorePolicy(
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
    /// <param name="featuresColumnName">Name of the features column: a Vector of <see cref="float"/>, or text with paths of feature files.</param>
    /// <param name="policyPath">The policy file, read at once.</param>
    /// <param name="options">How it is applied; null means the defaults.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is no policy.</exception>
    public static ScorePolicyEstimator ApplyScorePolicy(
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
    /// <param name="featuresColumnName">Name of the features column: a Vector of <see cref="float"/>, or text with paths of feature files.</param>
    /// <param name="method">The method.</param>
    /// <param name="options">Retention ratio, seed of the controls, grid column; null means the defaults.</param>
    /// <exception cref="ArgumentException">The method merges or needs a policy, or the options have faults; the message lists all of them.</exception>
    public static PruneTokensEstimator PruneTokens(
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
    /// <param name="featuresColumnName">Name of the features column: a Vector of <see cref="float"/>, or text with paths of feature files.</param>
    /// <param name="method">The method.</param>
    /// <param name="options">Retention ratio, names of the positions, salience and grid columns; null means the defaults.</param>
    /// <exception cref="ArgumentException">The method does not merge, or the options have faults; the message lists all of them.</exception>
    public static MergeTokensEstimator MergeTokens(
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
    /// <param name="featuresColumnName">Name of the features column: a Vector of <see cref="float"/>, or text with paths of feature files.</param>
    /// <param name="maskColumnName">Name of the mask column.</param>
    /// <param name="options">Names of the positions, grid and pooled columns; null means the defaults.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    public static GatherTokensEstimator GatherTokens(
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

    /// <summary>Adds the frozen language model's answer to a question about the tokens that a mask keeps.</summary>
    /// <param name="catalog">The transforms catalog.</param>
    /// <param name="outputColumnName">Name of the text column of answers.</param>
    /// <param name="featuresColumnName">Name of the features column: a Vector of <see cref="float"/>, or text with paths of feature files.</param>
    /// <param name="maskColumnName">Name of the mask column.</param>
    /// <param name="questionColumnName">Name of the text column of questions.</param>
    /// <param name="model">The frozen model; stays the caller's to dispose.</param>
    /// <param name="options">Length and sampling of answers, and the grid column; null means the defaults.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    public static AnswerVideoQuestionEstimator AnswerVideoQuestion(
        this TransformsCatalog catalog,
        string outputColumnName,
        string featuresColumnName,
        string maskColumnName,
        string questionColumnName,
        IVideoLanguageModel model,
        AnswerVideoQuestionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
        ArgumentException.ThrowIfNullOrEmpty(featuresColumnName);
        ArgumentException.ThrowIfNullOrEmpty(maskColumnName);

        return CreateAnswerVideoQuestion(outputColumnName, featuresColumnName, maskColumnName, questionColumnName, model, options ?? new AnswerVideoQuestionOptions());
    }

    /// <summary>
    /// Adds the frozen language model's answer to a question about kept or merged tokens, as <c>GatherTokens</c> and <c>MergeTokens</c>
    /// give them.
    /// </summary>
    /// <param name="catalog">The transforms catalog.</param>
    /// <param name="outputColumnName">Name of the text column of answers.</param>
    /// <param name="tokensColumnName">
    /// Name of the column of kept vectors, a Vector of <see cref="float"/> of k*D values. Positions and grid are read from the columns that
    /// the options name.
    /// </param>
    /// <param name="questionColumnName">Name of the text column of questions.</param>
    /// <param name="model">The frozen model; stays the caller's to dispose.</param>
    /// <param name="options">Length and sampling of answers, and the positions and grid columns; null means the defaults.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    public static AnswerVideoQuestionEstimator AnswerVideoQuestion(
        this TransformsCatalog catalog,
        string outputColumnName,
        string tokensColumnName,
        string questionColumnName,
        IVideoLanguageModel model,
        AnswerVideoQuestionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
        ArgumentException.ThrowIfNullOrEmpty(tokensColumnName);

        return CreateAnswerVideoQuestion(outputColumnName, tokensColumnName, null, questionColumnName, model, options ?? new AnswerVideoQuestionOptions());
    }

    private static AnswerVideoQuestionEstimator CreateAnswerVideoQuestion(
        string outputColumnName,
        string tokensColumnName,
        string? maskColumnName,
        string questionColumnName,
        IVideoLanguageModel model,
        AnswerVideoQuestionOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(questionColumnName);
        ArgumentNullException.ThrowIfNull(model);
        options.ThrowIfFaulty(nameof(options), overMask: maskColumnName is not null);

        return new AnswerVideoQuestionEstimator(outputColumnName, tokensColumnName, maskColumnName, questionColumnName, model, options);
    }

    private static ScoreCompressEstimator CreateScoreCompress(
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
