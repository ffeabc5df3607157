using System.Numerics.Tensors;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Score.Columns;
using Microsoft.ML.Score.Estimators;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Saving;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Training;

namespace Microsoft.ML.Score;

/// <summary>
/// Trains SCORE's token-selection policy (arXiv 2603.26365) by reinforcement learning on the frozen model's cross-entropy of captions.
/// </summary>
internal sealed class ScoreCompressEstimator : IEstimator<ScoreCompressTransformer>
{
    private readonly MLContext? _context;
    private readonly string _outputColumnName;
    private readonly string _featuresColumnName;
    private readonly string _captionColumnName;
    private readonly IVideoLanguageModel _model;
    private readonly ScoreOptions _options;
    private int? _seed; // drawn once, so that fitting again goes on from the checkpoint of a fit that was stopped

    public ScoreCompressEstimator(
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
            Seed = _context is null ? _options.Training.Seed : _seed ??= host.Rand.Next(),
            RetentionRatio = _options.RetentionRatio,
        };

        using var channel = host.Start("Fit");
        if (FeatureColumns.ReadCacheFolder(input.Schema[_featuresColumnName]) is { } cacheFolder)
            channel.Info(MessageSensitivity.None, $"Encoded videos are kept in '{cacheFolder}'; {nameof(EncodeVideoOptions)}.{nameof(EncodeVideoOptions.Cache)} names another folder, or none with null.");
        var result = Train(new ScoreTrainer(_model, training), rows, validation, new ChannelProgress(channel, _options.Progress));
        var best = result.BestCrossEntropy is { } crossEntropy ? $"; best validation cross-entropy {crossEntropy:F4} nats a token" : "";
        channel.Info(MessageSensitivity.None, $"Trained for {result.Steps} steps{best}.");
        if (result.WentWrong)
            channel.Warning(MessageSensitivity.None, result.Verdict);
        else
            channel.Info(MessageSensitivity.None, result.Verdict);
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

    private TrainingRows Rows(IDataView data, string view, FeatureColumns features) =>
        new(data, view, features, _captionColumnName, _options.IsStillColumnName, EncoderIdentity.Of(_model.Info), _model.FindTextFault, _options.Training.SkipUnusableRows);
}

/// <summary>Options of <c>ScoreCompress</c>. All faults are reported at once when the estimator is made.</summary>
public sealed class ScoreOptions : ScorePolicyOptions
{
    private static readonly TrainerOptions s_defaults = new();

    /// <summary>
    /// How the policy is trained: curriculum, rollouts, optimiser, checkpoints. Validation compares policies at the retention ratio of these
    /// options, and the overload with an <see cref="MLContext"/> takes the seed from the context: a
    /// <see cref="TrainerOptions.RetentionRatio"/> or <see cref="TrainerOptions.Seed"/> set here to something else is an error. Default: the
    /// trainer's defaults.
    /// </summary>
    public TrainerOptions Training { get; init; } = new();

    /// <summary>
    /// Rows like the training rows, on which the policy is evaluated every <see cref="TrainerOptions.ValidationInterval"/> steps: the best
    /// policy is kept, and <see cref="TrainerOptions.Patience"/> ends a stage early. Default null: the last policy is kept.
    /// </summary>
    public IDataView? ValidationSet { get; init; }

    /// <summary>
    /// Name of the column (<see cref="bool"/>) that says which rows are still images, which feed the warm-up, so that no video is read to find
    /// out; EncodeVideo makes one. Where there is no such column the grids of the rows say so. Default "IsStill".
    /// </summary>
    public string IsStillColumnName { get; init; } = "IsStill";

    /// <summary>The policy to start from. Default null: a new one, from the seed.</summary>
    public PolicyNetwork? InitialPolicy { get; init; }

    /// <summary>Told after every step and validation, and of warnings, on the thread that trains; beside the context's log. It is no part of a saved pipeline. Default: none.</summary>
    public IProgress<TrainingProgress>? Progress { get; init; }

    /// <summary>Ends <c>Fit</c> with an <see cref="OperationCanceledException"/>. Default: none.</summary>
    public CancellationToken CancellationToken { get; init; }

    private protected override OptionFaults Faults() => base.Faults()
        .RequireName(IsStillColumnName)
        .Include(Training?.Faults(), nameof(Training))
        .Require(
            Training is null || Training.RetentionRatio == RetentionRatio || Training.RetentionRatio == s_defaults.RetentionRatio,
            $"{nameof(RetentionRatio)} is {RetentionRatio} and {nameof(Training)}.{nameof(TrainerOptions.RetentionRatio)} is {Training?.RetentionRatio}: set the first alone, training takes it too");

    /// <param name="parameterName">The parameter that they were given as.</param>
    /// <param name="seedOfContext">Whether a context is given beside them, whose seed is used.</param>
    internal void ThrowIfFaulty(string parameterName, bool seedOfContext) => Faults()
        .Require(
            !seedOfContext || Training is null || Training.Seed == s_defaults.Seed,
            $"{nameof(Training)}.{nameof(TrainerOptions.Seed)} is {Training?.Seed}, but a seed drawn from the context is used: set it there, new MLContext(seed), or take the overload without a context")
        .ThrowIfAny(parameterName);
}

/// <summary>
/// Adds the mask of the k = max(1, floor(rho*T*N)) tokens that the policy scores highest, ties to the lower index; deterministic.
/// Made by <c>ScoreCompress</c> or from a ready policy. Needs no frozen model.
/// </summary>
/// <remarks>
/// The mask column is a Vector of <see cref="bool"/> of T*N values in flat grid order, of type [T, H, W] where H and W are
/// the same for all rows, T being * unless it is too. Its annotations: "Grid" = (T, H, W) as a Vector of <see cref="int"/>, 0 for what differs from row to row;
/// "GridColumn", the name of the column that gives each row's grid, where there is one; "RetentionRatio".
/// A row whose content is unusable (values not divisible by the grid, NaN or infinity, T = 0, another dimension or encoder) throws
/// <see cref="InvalidDataException"/> with the row's zero-based number when a cursor or engine reads the new columns.
/// </remarks>
public sealed class ScoreCompressTransformer : VideoTransformer
{
    internal const string Kind = "ScoreCompress";

    private readonly ScoreCompressSettings _settings;
    private readonly EncoderIdentity _encoder;

    internal ScoreCompressTransformer(ScoreCompressSettings settings, PolicyNetwork policy)
    {
        _settings = settings;
        _encoder = new EncoderIdentity("the policy", policy.Dimension, settings.AllowOtherEncoder ? null : policy.EncoderFingerprint);
        Policy = policy;
    }

    internal ScoreCompressTransformer(ScoreCompressSettings settings, byte[] policyFile)
        : this(settings, PolicyNetwork.Parse(policyFile, "the saved policy"))
    {
    }

    /// <summary>The policy that scores the tokens.</summary>
    public PolicyNetwork Policy { get; }

    /// <summary>rho, the share of tokens that stay.</summary>
    public double RetentionRatio => _settings.RetentionRatio;

    internal override IEnumerable<DataViewSchema.DetachedColumn> FittedColumns => _settings.Features.Detach();

    internal override SavedTransformer ToSaved() => SavedTransformer.Create(Kind, _settings, Policy.ToBytes());

    private protected override RowMapping Map(DataViewSchema inputSchema)
    {
        var features = _settings.Features.Bind(inputSchema, _encoder);
        var added = new List<OutputColumn<Scores>>
        {
            MaskColumn.Output<Scores>(_settings.Mask, _settings.Features, RetentionRatio, scores => scores.Mask()),
        };
        if (_settings.KeptIndices is { } indices)
            added.Add(OutputColumn.Vector<Scores, int>(indices, _settings.IndicesType(), scores => scores.Kept));
        if (_settings.Probabilities is { } probabilities)
            added.Add(OutputColumn.Vector<Scores, float>(probabilities, _settings.Features.PerTokenType(NumberDataViewType.Single), scores => scores.Probabilities()));
        return new RowMapping<Scores>(inputSchema, features, added, row =>
        {
            var video = new FeatureReader(_settings.Features, row, _encoder);
            return () => Score(video.Logits(Policy));
        });
    }

    private Scores Score(float[] logits) => new(logits, TopK.Select(logits, TopK.RetainedCount(RetentionRatio, logits.Length)));

    private sealed record Scores(float[] Logits, int[] Kept)
    {
        public ReadOnlyMemory<bool> Mask()
        {
            var mask = new bool[Logits.Length];
            foreach (var index in Kept)
                mask[index] = true;
            return mask;
        }

        public ReadOnlyMemory<float> Probabilities()
        {
            var probabilities = new float[Logits.Length];
            TensorPrimitives.Sigmoid(Logits, probabilities);
            return probabilities;
        }
    }
}

/// <summary>What <see cref="ScoreCompressTransformer"/> is made of, beside its policy, and saved as.</summary>
internal sealed record ScoreCompressSettings(
    FeatureColumns Features, string Mask, string? KeptIndices, string? Probabilities, double RetentionRatio, bool AllowOtherEncoder) : ISavedSettings
{
    public OptionFaults Faults() => new OptionFaults(ScoreCompressTransformer.Kind)
        .Include(Features.Faults(), nameof(Features))
        .RequireName(Mask)
        .RequireNameOrNull(KeptIndices)
        .RequireNameOrNull(Probabilities)
        .Require(RetentionRatio is > 0 and <= 1, RetentionRatio, "lie in (0, 1]");

    public static ScoreCompressSettings From(FeatureColumns features, string mask, ScorePolicyOptions options) =>
        new(features, mask, options.KeptIndicesColumnName, options.ProbabilitiesColumnName, options.RetentionRatio, options.AllowOtherEncoder);

    /// <summary>The type of the kept indices: [k] where all videos are of one size.</summary>
    public VectorDataViewType IndicesType() => Features.PerTokenType(NumberDataViewType.Int32) is { IsKnownSize: true, Size: var count }
        ? new(NumberDataViewType.Int32, TopK.RetainedCount(RetentionRatio, count))
        : new(NumberDataViewType.Int32);

    /// <summary>The columns that the transformer promises, of known size or not.</summary>
    public static DataViewSchema.DetachedColumn[] Promise(SchemaShape inputSchema, string features, string mask, ScorePolicyOptions options)
    {
        var outputs = new List<DataViewSchema.DetachedColumn> { new(mask, Type(BooleanDataViewType.Instance)) };
        if (options.KeptIndicesColumnName is { } indices)
            outputs.Add(new(indices, Type(NumberDataViewType.Int32)));
        if (options.ProbabilitiesColumnName is { } probabilities)
            outputs.Add(new(probabilities, Type(NumberDataViewType.Single)));
        return [.. outputs];

        VectorDataViewType Type(PrimitiveDataViewType itemType) => FeatureColumns.PromisedPerTokenType(inputSchema, features, options.GridColumnName, itemType);
    }
}
