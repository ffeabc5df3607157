using Microsoft.ML.Runtime;
using Microsoft.ML.Score;
using Microsoft.ML.Score.Models;

namespace Microsoft.ML;

/// <summary>The transforms of this library: encode a video, compress its tokens, gather or merge them, answer questions about them.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Transforms
/// | Transform | Looks at the data to train | Input columns | Added columns |
/// | -- | -- | -- | -- |
/// | EncodeVideo | No | Video | Features, grid, is still |
/// | ScoreCompress | Yes | Features; for Fit only, caption: text, and is still where there is such a column | Mask; optional kept indices and probabilities |
/// | ApplyScorePolicy | No | Features | Mask; optional kept indices and probabilities |
/// | PruneTokens | No | Features | Mask |
/// | MergeTokens | No | Features; optional salience | Tokens, positions; grid where the features themselves give it |
/// | GatherTokens | No | Features, mask | Tokens, positions; grid where the features themselves give it; optional pooled |
/// | AnswerVideoQuestion | No | Features and mask, or tokens, positions and grid; question: text | Answer: text |
///
/// ### Columns
/// | Column | Data type |
/// | -- | -- |
/// | Video | Text: the path of a video file or still image; or Vector of <xref:System.Byte> with dimensions [\*, height, width, 3]: RGB frames; or [height, width, 3]: one frame |
/// | Features | Vector of <xref:System.Single> of T\*H\*W\*D values, their grid in the type's dimensions, [T, H, W, D] or [T, D, H, W], or in a grid column; or text: the path of a feature file |
/// | Grid | Vector of <xref:System.Single> of 4 = (T, H, W, seconds per step) |
/// | Is still | <xref:System.Boolean> |
/// | Mask | Vector of <xref:System.Boolean> of T\*H\*W values |
/// | Kept indices, positions | Vector of <xref:System.Int32> of k flat grid indices, ascending |
/// | Probabilities, salience | Vector of <xref:System.Single> of T\*H\*W values |
/// | Tokens | Vector of <xref:System.Single> of k\*D values, [k, D] |
/// | Pooled | Vector of <xref:System.Single> of D values, of known size |
/// ]]></format>
///
/// <c>Fit</c> of each throws <see cref="ArgumentOutOfRangeException"/> where an input column is missing, of another type, or from another
/// encoder. None can be exported to ONNX. A model that is passed in stays the caller's: dispose it after the last prediction of the fitted
/// transformer. A saved transformer names the model and does not hold its weights.
/// </remarks>
public static partial class VideoTransformsCatalog
{
    /// <summary>Adds the tokens of a video as the frozen vision encoder gives them, computed when a row is read.</summary>
    /// <param name="catalog">The transforms catalog.</param>
    /// <param name="outputColumnName">Name of the features column.</param>
    /// <param name="inputColumnName">Name of the column of video file paths, or of RGB frames.</param>
    /// <param name="model">The frozen model; stays the caller's to dispose.</param>
    /// <param name="options">Output, cache, names of the grid and still columns, frame rate; null means the defaults.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    /// <remarks>
    /// <c>ExtractPixels(interleavePixelColors: true, outputAsFloatArray: false)</c> gives one frame in RGB order as its other defaults are; a
    /// <c>colorsToExtract</c> or <c>orderOfExtraction</c> that puts blue first cannot be told from it and would be encoded with colours exchanged.
    ///
    /// A view keeps what it has encoded in a cache, so that training, which reads its rows many times, encodes a video once; a prediction
    /// engine keeps nothing, and a saved pipeline carries no cache. The values are the same with a cache and without. The features column carries the
    /// model's fingerprint as the annotation "EncoderFingerprint".
    /// </remarks>
    public static IEstimator<VideoTransformer> EncodeVideo(
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
        if (options.Output == EncodeVideoOutput.Vectors && model.Info.DeepStackLevels > 0)
            throw new ArgumentException(
                $"{nameof(options.Output)} must be {nameof(EncodeVideoOutput.FeatureFile)} for the model '{model.Info.Source}': its tokens have {model.Info.DeepStackLevels} DeepStack tensors and step times "
                + "beside their vectors, which a column of vectors does not hold.", nameof(options));
        if (outputColumnName == options.GridColumnName || outputColumnName == options.IsStillColumnName)
            throw new ArgumentException(
                $"The features, grid and still columns must differ in name, got '{outputColumnName}', '{options.GridColumnName}' and '{options.IsStillColumnName}'.", nameof(outputColumnName));

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
    public static IEstimator<VideoTransformer> EncodeVideo(
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

    /// <summary>Adds the frozen language model's answer to a question about the tokens that a mask keeps.</summary>
    /// <param name="catalog">The transforms catalog.</param>
    /// <param name="outputColumnName">Name of the text column of answers.</param>
    /// <param name="featuresColumnName">Name of the features column.</param>
    /// <param name="maskColumnName">Name of the mask column.</param>
    /// <param name="questionColumnName">Name of the text column of questions.</param>
    /// <param name="model">The frozen model; stays the caller's to dispose.</param>
    /// <param name="options">Length and sampling of answers, and the grid column; null means the defaults.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    public static IEstimator<VideoTransformer> AnswerVideoQuestion(
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
    /// <param name="tokensColumnName">Name of the tokens column; positions and grid are read from the columns that the options name.</param>
    /// <param name="questionColumnName">Name of the text column of questions.</param>
    /// <param name="model">The frozen model; stays the caller's to dispose.</param>
    /// <param name="options">Length and sampling of answers, and the positions and grid columns; null means the defaults.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    public static IEstimator<VideoTransformer> AnswerVideoQuestion(
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

    private static IEstimator<VideoTransformer> CreateAnswerVideoQuestion(
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
}
