using Microsoft.ML.Runtime;
using Microsoft.ML.Score.Columns;
using Microsoft.ML.Score.Estimators;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Training;

namespace Microsoft.ML.Score;

/// <summary>
/// Trains SCORE's token-selection policy (arXiv 2603.26365) by reinforcement learning on the frozen model's cross-entropy of captions.
/// </summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Estimator Characteristics
/// | | |
/// | -- | -- |
/// | Does this estimator need to look at the data to train its parameters? | Yes |
/// | Input column data type | Features: Vector of <xref:System.Single> of T\*H\*W\*D values (its grid in the type's dimensions, [T, H, W, D] or [T, D, H, W], or in a column of 4 values), or text: the path of a feature file. Caption: text, for Fit only |
/// | Output column data type | Mask: Vector of <xref:System.Boolean> of T\*H\*W values; optional kept indices: Vector of <xref:System.Int32>; optional probabilities: Vector of <xref:System.Single> |
/// | Exportable to ONNX | No |
/// ]]></format>
///
/// Rows of one time step feed the warm-up on pseudo-videos, the others the main stage; one data view carries both. Rows are streamed
/// and read several times: features that are expensive to compute should come from feature files (the cache folder of EncodeVideo).
/// </remarks>
public sealed class ScoreCompressEstimator : IEstimator<ScoreCompressTransformer>
{
    private readonly MLContext? _context;
    private readonly string _outputColumnName;
    private readonly string _featuresColumnName;
    private readonly string _captionColumnName;
    private readonly IVideoLanguageModel _model;
    private readonly ScoreOptions _options;

    internal ScoreCompressEstimator(
        MLContext? context,
        string outputColumnName,
        string featuresColumnName,
        string captionColumnName,
        IVideoLanguageModel model,
        ScoreOptions options)
    {
        _context = context;
        _outputColumnName = outputColumnName;
        _featuresColumnName = featuresColumnName;
        _captionColumnName = captionColumnName;
        _model = model;
        _options = options;
    }

    /// <summary>Trains the policy.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, of another type, or from another encoder than the model's.</exception>
    /// <exception cref="InvalidDataException">A row's content is unusable; the message names the row.</exception>
    /// <exception cref="InvalidOperationException">The data view or the validation set has no rows, or none of more than one time step where the warm-up is left out.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    public ScoreCompressTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);

        var host = ((IHostEnvironment)(_context ?? new MLContext())).Register(nameof(ScoreCompressEstimator));
        var features = FeatureColumns.Resolve(input.Schema, _featuresColumnName, _options.GridColumnName, _options.FeatureOrder);
        var rows = Rows(input, "The data view given to Fit", features);
        var validation = _options.ValidationSet is { } set ? Rows(set, $"The data view in {nameof(ScoreOptions)}.{nameof(ScoreOptions.ValidationSet)}", FeatureColumns.Resolve(set.Schema, _featuresColumnName, _options.GridColumnName, _options.FeatureOrder)) : null;
        var training = _options.Training with
        {
            Seed = _context is null ? _options.Training.Seed : host.Rand.Next(),
            RetentionRatio = _options.RetentionRatio,
        };

        using var channel = host.Start("Fit");
        var result = Train(new ScoreTrainer(_model, training), rows, validation, new ChannelProgress(channel));
        var best = result.BestCrossEntropy is { } crossEntropy ? $"; best validation cross-entropy {crossEntropy:F4} nats a token" : "";
        channel.Info(MessageSensitivity.None, $"Trained for {result.Steps} steps{best}.");
        return new ScoreCompressTransformer(ScoreCompressSettings.From(features, _outputColumnName, _options), result.Policy);
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);

        FeatureColumns.Check(inputSchema, _featuresColumnName, _options.GridColumnName, _options.FeatureOrder);
        InputColumns.Find(inputSchema, _captionColumnName, ColumnKind.Text);
        return OutputShape.Append(inputSchema, ScoreCompressSettings.Promise(inputSchema, _featuresColumnName, _outputColumnName, _options));
    }

    private TrainingResult Train(ScoreTrainer trainer, TrainingRows rows, TrainingRows? validation, ChannelProgress progress)
    {
        try
        {
            return trainer.Fit(rows, validation, _options.InitialPolicy, progress, _options.CancellationToken);
        }
        catch (ArgumentException error) when (error.ParamName == "examples") // the trainer's name for the rows, which the caller of this estimator cannot know
        {
            throw new InvalidOperationException($"The data view given to Fit cannot be trained on: {error.Message}", error);
        }
    }

    private TrainingRows Rows(IDataView data, string view, FeatureColumns features)
    {
        var info = _model.Info;
        return new(data, view, features, _captionColumnName, new EncoderIdentity($"The model '{info.Source}'", info.Dimension, info.Fingerprint));
    }
}
