using System.Numerics.Tensors;
using System.Reflection;
using System.Security.Cryptography;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Training;

// The training of SCORE (arXiv 2603.26365, sections 4.3 and 4.4), top to bottom. For each video of a step:
//
//   z      = MLP([X; dX]),  p = sigmoid(z)                       (2)-(4)  policy
//   m_k    ~ Bernoulli(p),  k = 1..K                                      K masks
//   dCE_k  = tau CE_base - CE_k                                  (5)      the frozen model's cross-entropy of the caption
//   S_k    = 1 - mean(m_k)                                       (6)
//   A_k    = dCE_k (S_k - mu+) / (sigma+ + eps)  if dCE_k > 0    (7)      safe: rank by sparsity
//          = dCE_k S_k                           otherwise                penalty: keep more
//   L      = -1/K sum_k A_k [1/TN sum log pi(m_k)]               (8), (9)
//
// Ours, where the paper is silent or where we differ:
//   * Dropped tokens are removed from the sequence (original positions kept), as in the paper's inference, not zeroed.
//   * sigma is the population standard deviation; 0 for a lone safe rollout, whose advantage is then 0.
//   * Adam, gradients averaged over BatchSize videos; the paper names neither optimiser nor batch.
//   * CE_base is computed once for a video. CE is the mean over the caption's tokens and the end-of-turn token.
//   * The policy kept is the one with the lowest caption cross-entropy on the validation set with its top k tokens, untrained policy
//     included; without a validation set the last.
//   * Every random number is a function of (seed, stage, step, video, rollout), so a resumed run gives the same bits.

/// <summary>
/// Learns a token-compression policy from a frozen model's own cross-entropy by the two-stage curriculum of SCORE. An instance may
/// run one <see cref="Fit"/> at a time; it does not dispose the model or reward.
/// </summary>
public sealed class ScoreTrainer
{
    /// <summary>The name of the checkpoint in <see cref="TrainerOptions.CheckpointFolder"/>.</summary>
    public const string CheckpointName = "checkpoint.safetensors";

    private readonly IRolloutReward _reward;
    private readonly TrainerOptions _options;
    private readonly TimeProvider _time;

    /// <summary>Trains on the reward of the paper, a frozen model in this process.</summary>
    /// <param name="model">The frozen model that gives the reward.</param>
    /// <param name="options">Settings; null means the defaults.</param>
    /// <param name="timeProvider">The clock of the metrics; null means the system's.</param>
    /// <exception cref="ArgumentException">Options are out of range; the message names all of them.</exception>
    public ScoreTrainer(IVideoLanguageModel model, TrainerOptions? options = null, TimeProvider? timeProvider = null)
        : this(new ModelReward(model), options, timeProvider)
    {
    }

    /// <summary>Trains on a reward of the caller's.</summary>
    /// <param name="reward">What scores the rollouts.</param>
    /// <param name="options">Settings; null means the defaults.</param>
    /// <param name="timeProvider">The clock of the metrics; null means the system's.</param>
    /// <exception cref="ArgumentException">Options are out of range; the message names all of them.</exception>
    public ScoreTrainer(IRolloutReward reward, TrainerOptions? options = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(reward);
        (options ??= new TrainerOptions()).ThrowIfFaulty(nameof(options));

        _reward = reward;
        _options = options;
        _time = timeProvider ?? TimeProvider.System;
    }

    /// <summary>
    /// The lock on the checkpoint, where the caller has taken it before other work, and that on the metrics with it; null lets <see cref="Fit"/> take both.
    /// </summary>
    public FileLock? CheckpointLock { get; init; }

    /// <summary>How numbers of the rows' tokens were rounded when they were stored; a checkpoint of rows that were rounded otherwise is refused. Default F32: not.</summary>
    public TensorType FeatureType { get; init; } = TensorType.F32;

    /// <summary>Whether a file is the metrics record of a training, which another training may replace; a last line may be cut off.</summary>
    /// <param name="path">An existing file.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static bool IsMetricsFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        return MetricsLog.IsOne(path);
    }

    /// <summary>Whether a file, by its header, is the checkpoint of a training, of this version or an earlier one.</summary>
    /// <param name="path">An existing file.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static bool IsCheckpointFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        return SafetensorsFile.Is(path, TrainerCheckpoint.IsOne);
    }

    /// <summary>Whether a file is the checkpoint of a training that has ended, from which <see cref="Fit"/> takes no more steps.</summary>
    /// <param name="path">An existing file.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static bool IsFinishedCheckpoint(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        return SafetensorsFile.Is(path, file => TrainerCheckpoint.IsOne(file) && TrainerCheckpoint.IsFinished(file));
    }

    /// <summary>Trains a policy. The same seed, data and model give the same bits, in one go or resumed from a checkpoint at any step.</summary>
    /// <param name="examples">
    /// The rows, enumerated again each epoch and never held: stills feed the warm-up, the others the main stage, in their order. Tokens are
    /// read of rows that a step uses, no others. To resume, the rows must come in the order they came in.
    /// </param>
    /// <param name="validation">Rows that policies are compared on, enumerated at each validation; null for none.</param>
    /// <param name="initialPolicy">Where to start; null for an untrained policy. It is not changed.</param>
    /// <param name="progress">Told after every step and validation, and of warnings.</param>
    /// <param name="cancellationToken">Stops training; the checkpoint, if there is a folder for it, then holds the last step taken.</param>
    /// <exception cref="ArgumentException">
    /// There are no rows to train on, or a row does not fit the model: other dimension, other encoder, values that are not finite, or a caption
    /// that is too long or names visual tokens. Such a row is passed over where <see cref="TrainerOptions.SkipUnusableRows"/> says so.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The checkpoint belongs to a run with other settings, or the model returned a cross-entropy that is not finite.
    /// </exception>
    /// <exception cref="NotFiniteNumberException">
    /// Training diverged: logits, loss, gradient, moments or weights of a step are not finite. That step is not taken; the state before it is
    /// in the checkpoint, if there is a folder for it, but there the same settings diverge again.
    /// </exception>
    /// <exception cref="InvalidDataException">The checkpoint is damaged or of an earlier version, or the file for the metrics holds something else.</exception>
    /// <exception cref="IOException">Another training is using the checkpoint folder or the file for the metrics; the message names the process.</exception>
    /// <exception cref="OperationCanceledException">Training was cancelled.</exception>
    public TrainingResult Fit(
        IEnumerable<TrainingRow> examples, IEnumerable<TrainingRow>? validation = null, PolicyNetwork? initialPolicy = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(examples);
        if (initialPolicy is not null
            && new EncoderIdentity("the initial policy", initialPolicy.Dimension, initialPolicy.EncoderFingerprint).Refuses(EncoderIdentity.Of(_reward.Info)) is { } unfit)
            throw new ArgumentException(unfit, nameof(initialPolicy));

        if (_options.ScoreDeepStack && initialPolicy is null && _reward.Info.DeepStackLevels == 0)
            throw new ArgumentException(
                $"{nameof(TrainerOptions.ScoreDeepStack)} needs a model whose tokens have DeepStack tensors (Qwen3-VL); those of the model '{_reward.Info.Source}' have none. Leave it false.");
        if (initialPolicy is { DeepStackLevels: > 0 } && initialPolicy.DeepStackLevels != _reward.Info.DeepStackLevels)
            throw new ArgumentException(
                $"The initial policy scores {initialPolicy.DeepStackLevels} DeepStack tensors beside the vectors of tokens; those of the model '{_reward.Info.Source}' have {_reward.Info.DeepStackLevels}.",
                nameof(initialPolicy));

        var identity = _options.Identity();
        // What was no choice before stands behind the model where it is not the default, so that earlier checkpoints still fit.
        string[] choices = [_reward.Info.EncoderFingerprint, _reward.Info.PromptForm, _options.ScoreDeepStack ? nameof(TrainerOptions.ScoreDeepStack) : ""];
        identity["Model"] = string.Join(' ', choices.Where(choice => choice.Length > 0));
        var initialHash = initialPolicy is null ? null : Convert.ToHexStringLower(SHA256.HashData(initialPolicy.ToBytes()));
        identity["InitialPolicy"] = initialHash ?? "none";
        identity["FeatureType"] = FeatureType.ToString().ToLowerInvariant();
        var checkpoint = _options.CheckpointFolder is { } folder ? Path.Combine(folder, CheckpointName) : null;
        if (checkpoint is not null)
            Directory.CreateDirectory(_options.CheckpointFolder!);
        using var taken = checkpoint is null || CheckpointLock is not null ? null : FileLock.Take(checkpoint, time: _time);
        using var takenMetrics = CheckpointLock is not null ? null : LockOfMetrics();
        if (checkpoint is not null)
            AtomicFile.RemoveAbandoned(checkpoint);
        var state = NewState(initialPolicy);
        if (File.Exists(checkpoint))
            state = TrainerCheckpoint.Load(checkpoint, identity, _options, state.Policy);

        using var log = _options.MetricsPath is { } path ? new MetricsLog(path, Run(initialHash), state.Step) : null;
        return new TrainingRun(_reward, _options, state)
        {
            Time = _time,
            Rows = state.Rows.Watch(Checked(examples, nameof(examples))),
            Validation = validation is null ? null : Checked(validation, nameof(validation)),
            SaveCheckpoint = () => { if (checkpoint is not null && state.Step > 0) TrainerCheckpoint.Save(checkpoint, state, identity); },
            Log = log,
            Progress = progress,
            Origin = ended => Origin(ended, initialHash),
            CancellationToken = cancellationToken,
        }.Execute();
    }

    private FileLock? LockOfMetrics()
    {
        if (_options.MetricsPath is not { } path)
            return null;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        return FileLock.Take(path, time: _time);
    }

    /// <summary>What the metrics record says of the run: no paths, so that the same training gives the same record.</summary>
    private RunMetrics Run(string? initialPolicy) =>
        new(Step: 0, Version, ModelName, _reward.Info.Fingerprint, _options with { CheckpointFolder = null, MetricsPath = null }, initialPolicy);

    private static string Version => typeof(ScoreTrainer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private string ModelName => ProvenanceFields.Shortened(_reward.Info.Name);

    private PolicyProvenance Origin(TrainerState state, string? initialPolicy) => new()
    {
        Version = Version,
        Model = ModelName,
        ModelFingerprint = ProvenanceFields.Shortened(_reward.Info.Fingerprint),
        Seed = _options.Seed,
        WarmUpSteps = state.Stage == TrainingStage.WarmUp ? state.Step : state.Step - state.StepInStage,
        MainSteps = state.Stage == TrainingStage.WarmUp ? 0 : state.StepInStage,
        KeptStep = state.Best is null ? state.Step : state.BestStep,
        RetentionRatio = _options.RetentionRatio,
        Rows = state.Rows.Count,
        Stills = state.Rows.Stills,
        RowsHash = Convert.ToHexStringLower(state.Rows.Hash),
        InitialPolicy = initialPolicy,
        ValidationCrossEntropy = state.Best is null ? null : state.BestCrossEntropy,
        UntrainedCrossEntropy = state.UntrainedCrossEntropy,
    };

    private TrainerState NewState(PolicyNetwork? initialPolicy)
    {
        var info = _reward.Info;
        var policy = initialPolicy is null
            ? PolicyNetwork.Initialize(info.Dimension, _options.HiddenWidth, _options.UseResidual, _options.UseNormalization, _options.Seed, info.EncoderFingerprint,
                _options.ScoreDeepStack ? info.DeepStackLevels : 0)
            : new PolicyNetwork(
                info.Dimension, initialPolicy.HiddenWidth, initialPolicy.UseResidual, initialPolicy.UseNormalization, info.EncoderFingerprint,
                initialPolicy.Parameters.ToArray())
            { DeepStackLevels = initialPolicy.DeepStackLevels };
        return new TrainerState { Policy = policy, Adam = new Adam(policy.Parameters.Length) };
    }

    /// <summary>The rows, each checked against the reward's model when it is read.</summary>
    private IEnumerable<TrainingRow> Checked(IEnumerable<TrainingRow> rows, string parameterName) => rows.Select((row, index) =>
    {
        if (row is null)
            throw new ArgumentException($"Row {index} is null.", parameterName);
        return row.Checking(CheckCaption, video =>
        {
            if (EncoderIdentity.Of(_reward.Info).Refuses(video.Dimension, video.EncoderFingerprint, $"row {index}") is { } unfit)
                throw new ArgumentException(unfit, parameterName);
            if (row.IsStill && video.Grid.TimeSteps != 1)
                throw new ArgumentException($"Row {index} is a still, but its tokens are {video.Grid.TimeSteps} time steps; expected one.", parameterName);
            if (!TensorPrimitives.IsFiniteAll(video.Vectors.Span) || !video.DeepStack.All(level => TensorPrimitives.IsFiniteAll(level.Span)))
                throw new ArgumentException($"Row {index} has tokens with values that are not finite.", parameterName);
        });

        void CheckCaption(string caption)
        {
            if (caption.Length > TrainingRow.MostCaptionCharacters)
                throw new ArgumentException($"The caption of row {index} has {caption.Length} characters; expected at most {TrainingRow.MostCaptionCharacters}.", parameterName);
            if ((_reward as ModelReward)?.FindTextFault(caption) is { } fault)
                throw new ArgumentException($"The caption of row {index} {fault}.", parameterName);
        }
    });
}
