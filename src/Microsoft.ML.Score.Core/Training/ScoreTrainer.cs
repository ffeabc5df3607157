using System.Numerics.Tensors;
using System.Security.Cryptography;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Kernels;
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
/// run one <see cref="Fit"/> at a time; it does not dispose the model.
/// </summary>
public sealed class ScoreTrainer
{
    internal const string CheckpointName = "checkpoint.safetensors";

    private readonly IVideoLanguageModel _model;
    private readonly TrainerOptions _options;
    private readonly TimeProvider _time;

    /// <param name="model">The frozen model that gives the reward.</param>
    /// <param name="options">Settings; null means the defaults.</param>
    /// <param name="timeProvider">The clock of the metrics; null means the system's.</param>
    /// <exception cref="ArgumentException">Options are out of range; the message names all of them.</exception>
    public ScoreTrainer(IVideoLanguageModel model, TrainerOptions? options = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        (options ??= new TrainerOptions()).ThrowIfFaulty(nameof(options));

        _model = model;
        _options = options;
        _time = timeProvider ?? TimeProvider.System;
    }

    /// <summary>The lock on the checkpoint, where the caller has taken it before other work; null lets <see cref="Fit"/> take it.</summary>
    internal FileLock? CheckpointLock { get; init; }

    /// <summary>Trains a policy. The same seed, data and model give the same bits, in one go or resumed from a checkpoint at any step.</summary>
    /// <param name="examples">
    /// The rows, enumerated again each epoch and never held: rows of one time step feed the warm-up, the others the main stage, in their
    /// order. To resume, they must come in the order they came in.
    /// </param>
    /// <param name="validation">Rows that policies are compared on, enumerated at each validation; null for none.</param>
    /// <param name="initialPolicy">Where to start; null for an untrained policy. It is not changed.</param>
    /// <param name="progress">Told after every step and validation, and of warnings.</param>
    /// <param name="cancellationToken">Stops training; the checkpoint, if there is a folder for it, then holds the last step taken.</param>
    /// <exception cref="ArgumentException">
    /// There are no rows to train on, or a row does not fit the model: other dimension, other encoder, or values that are not finite.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The checkpoint belongs to a run with other settings, or the model returned a cross-entropy that is not finite.
    /// </exception>
    /// <exception cref="NotFiniteNumberException">
    /// Training diverged: logits, loss, gradient, moments or weights of a step are not finite. That step is not taken; the state before it is
    /// in the checkpoint, if there is a folder for it, but there the same settings diverge again.
    /// </exception>
    /// <exception cref="InvalidDataException">The checkpoint is damaged or of an earlier version, or the file for the metrics holds something else.</exception>
    /// <exception cref="IOException">Another training is using the checkpoint folder; the message names the process.</exception>
    /// <exception cref="OperationCanceledException">Training was cancelled.</exception>
    public TrainingResult Fit(
        IEnumerable<TrainingExample> examples, IEnumerable<TrainingExample>? validation = null, PolicyNetwork? initialPolicy = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(examples);
        if (initialPolicy is not null
            && new EncoderIdentity("the initial policy", initialPolicy.Dimension, initialPolicy.EncoderFingerprint).Refuses(EncoderIdentity.Of(_model.Info)) is { } unfit)
            throw new ArgumentException(unfit, nameof(initialPolicy));

        var identity = _options.Identity();
        identity["Model"] = _model.Info.Fingerprint;
        identity["InitialPolicy"] = initialPolicy is null ? "none" : Convert.ToHexStringLower(SHA256.HashData(PolicyFile.ToBytes(initialPolicy)));
        var checkpoint = _options.CheckpointFolder is { } folder ? Path.Combine(folder, CheckpointName) : null;
        if (checkpoint is not null)
            Directory.CreateDirectory(_options.CheckpointFolder!);
        using var taken = checkpoint is null || CheckpointLock is not null ? null : FileLock.Take(checkpoint, time: _time);
        if (checkpoint is not null)
            AtomicFile.RemoveAbandoned(checkpoint);
        var state = NewState(initialPolicy);
        if (File.Exists(checkpoint))
            state = TrainerCheckpoint.Load(checkpoint, identity, _options, state.Policy);

        using var log = _options.MetricsPath is { } path ? new MetricsLog(path, state.Step) : null;
        return new Run(_options, state)
        {
            Model = _model,
            Time = _time,
            Examples = Checked(examples, nameof(examples)),
            Validation = validation is null ? null : Checked(validation, nameof(validation)),
            SaveCheckpoint = () => { if (checkpoint is not null && state.Step > 0) TrainerCheckpoint.Save(checkpoint, state, identity); },
            Log = log,
            Progress = progress,
            CancellationToken = cancellationToken,
        }.Execute();
    }

    private TrainerState NewState(PolicyNetwork? initialPolicy)
    {
        var info = _model.Info;
        var policy = initialPolicy is null
            ? PolicyNetwork.Initialize(info.Dimension, _options.HiddenWidth, _options.UseResidual, _options.UseNormalization, _options.Seed, info.Fingerprint)
            : new PolicyNetwork(
                info.Dimension, initialPolicy.HiddenWidth, initialPolicy.UseResidual, initialPolicy.UseNormalization, info.Fingerprint,
                initialPolicy.Parameters.ToArray());
        return new TrainerState { Policy = policy, Adam = new Adam(policy.Parameters.Length) };
    }

    /// <summary>The rows, each checked against the model as it passes.</summary>
    private IEnumerable<TrainingExample> Checked(IEnumerable<TrainingExample> rows, string parameterName) => rows.Select((row, index) =>
    {
        var video = row?.Video ?? throw new ArgumentException($"Row {index} is null.", parameterName);
        if (EncoderIdentity.Of(_model.Info).Refuses(video.Dimension, video.EncoderFingerprint, $"row {index}") is { } unfit)
            throw new ArgumentException(unfit, parameterName);
        if (!TensorPrimitives.IsFiniteAll(video.Vectors.Span))
            throw new ArgumentException($"Row {index} has tokens with values that are not finite.", parameterName);
        return row;
    });

    /// <summary>One call of <see cref="Fit"/>.</summary>
    private sealed class Run(TrainerOptions options, TrainerState state)
    {
        private readonly List<string> _warnings = [];
        private ModelLimits? _limits;

        // Reused from video to video and from step to step, so that training does not allocate.
        private readonly PolicyActivations _activations = new();
        private readonly Rollouts _rollouts = new(options.Rollouts);
        private readonly float[] _gradient = new float[state.Policy.Parameters.Length]; // of the parameters
        private float[] _logits = [];
        private double[] _logitGradient = [];
        private float[] _weightedLogitGradient = []; // this video's share of the step

        public required IVideoLanguageModel Model { get; init; }
        public required TimeProvider Time { get; init; }
        public required IEnumerable<TrainingExample> Examples { get; init; }
        public required IEnumerable<TrainingExample>? Validation { get; init; }
        public required Action SaveCheckpoint { get; init; }
        public required MetricsLog? Log { get; init; }
        public required IProgress<TrainingProgress>? Progress { get; init; }
        public required CancellationToken CancellationToken { get; init; }

        public TrainingResult Execute()
        {
            if (Validation is null)
                Warn("There is no validation set, so the last policy is kept; the best one usually comes earlier.");
            try
            {
                for (; state.Stage <= TrainingStage.Main; NextStage())
                    RunStage(state.Stage, options.StepsOf(state.Stage));
            }
            finally
            {
                // A cancelled or failed run can go on from its last whole step too.
                SaveCheckpoint();
            }
            return new TrainingResult((state.Best ?? state.Policy).Clone(), state.Step, state.Best is null ? null : state.BestCrossEntropy, _warnings);
        }

        private void RunStage(TrainingStage stage, int steps)
        {
            if (steps == 0)
                return;
            using var source = Source(stage).Skip(checked(state.StepInStage * options.BatchSize)).GetEnumerator();
            while (true)
            {
                if (Validation is not null && state.ValidatedStep != state.Step && (state.StepInStage % options.ValidationInterval == 0 || state.StepInStage == steps))
                    Validate(stage, Validation);
                if (state.StepInStage % options.CheckpointInterval == 0)
                    SaveCheckpoint();
                if (state.StepInStage == steps || state.StaleValidations >= (options.Patience ?? int.MaxValue))
                    return;
                if (!TakeStep(stage, source))
                {
                    if (state.Step == 0)
                        throw new ArgumentException(
                            stage == TrainingStage.WarmUp ? "There are no rows to train on." : "There are no rows of more than one time step to train on.", "examples");
                    if (state.StepInStage > 0)
                        throw new ArgumentException(
                            $"After step {state.Step} there are no rows any more; rows must come again whenever they are enumerated.", "examples");
                    Warn("The training data has no row of more than one time step; the main stage is left out.");
                    return;
                }
            }
        }

        private void NextStage()
        {
            state.Stage++;
            state.StepInStage = 0;
            state.StaleValidations = 0;
        }

        /// <summary>The endless stream of a stage's videos; empty if the data has none.</summary>
        private IEnumerable<TrainingExample> Source(TrainingStage stage)
        {
            return stage == TrainingStage.WarmUp ? new PseudoVideos(Examples, options.Seed, Warn) : Videos();

            IEnumerable<TrainingExample> Videos()
            {
                for (var any = true; any;)
                {
                    any = false;
                    foreach (var example in Examples.Where(example => example.Video.Grid.TimeSteps > 1))
                    {
                        any = true;
                        yield return example;
                    }
                }
            }
        }

        /// <summary>One update of the policy from BatchSize videos; false if the source has none.</summary>
        private bool TakeStep(TrainingStage stage, IEnumerator<TrainingExample> source)
        {
            var start = Time.GetTimestamp();
            _gradient.AsSpan().Clear();
            List<VideoOutcome> outcomes = [];
            while (outcomes.Count < options.BatchSize)
            {
                CancellationToken.ThrowIfCancellationRequested();
                if (!source.MoveNext())
                    return false;
                outcomes.Add(AccumulateVideo(stage, source.Current, videoOfStep: outcomes.Count));
            }

            var metrics = Metrics(stage, outcomes);
            ThrowIfDiverged(NotFinite.In("the loss", metrics.Loss) ?? NotFinite.In("the mean cross-entropy", metrics.CrossEntropy)
                ?? NotFinite.In("the mean reward", metrics.PerformanceReward));
            ThrowIfDiverged(state.Adam.Update(state.Policy.Parameters, _gradient, options.LearningRate, state.Step + 1) ?? FaultOfLogits(source.Current.Video));
            state.Step++;
            state.StepInStage++;
            metrics = metrics with { Seconds = Time.GetElapsedTime(start).TotalSeconds };
            Log?.Write(metrics);
            Report(metrics);
            return true;
        }

        /// <summary>
        /// Finite weights can give logits that are not, and no later step may be there to notice: the policy after a step must be able to score the
        /// step's last video, else the step is taken back.
        /// </summary>
        private NotFinite? FaultOfLogits(VideoTokens video)
        {
            if (!state.Policy.MayOverflow(video))
                return null;
            PolicyForward.Run(state.Policy, video, _logits);
            var fault = NotFinite.In("logits after the step", _logits.AsSpan(0, video.Grid.Count));
            if (fault is not null)
                state.Adam.Undo(state.Policy.Parameters);
            return fault;
        }

        /// <summary>Equations (2)-(9) for one video: adds its share of the step's gradient.</summary>
        private VideoOutcome AccumulateVideo(TrainingStage stage, TrainingExample example, int videoOfStep)
        {
            var video = example.Video;
            var count = video.Grid.Count;
            if (_logits.Length < count)
                (_logits, _logitGradient, _weightedLogitGradient) = (new float[count], new double[count], new float[count]);
            PolicyForward.Run(state.Policy, video, _logits, _activations);
            var logits = _logits.AsSpan(0, count);
            ThrowIfDiverged(NotFinite.In("logits", logits));
            _rollouts.Sample(logits, k => new CounterRandom(options.Seed, 5, (int)stage, state.StepInStage, videoOfStep, k));

            // Pseudo-videos hardly ever come again, so only the main stage's values are worth keeping.
            var baseCrossEntropy = stage == TrainingStage.Main ? state.BaseCrossEntropy.GetOrAdd(example, () => WithAllTokens(example)) : WithAllTokens(example);
            double[] crossEntropies = [.. _rollouts.Gather(video).SelectMany(sets => CrossEntropy(example, sets))];
            var group = new SplitAdvantage(baseCrossEntropy, crossEntropies, _rollouts.KeptCounts, count, options.TauOf(stage), options.Epsilon);

            var loss = PolicyLoss.Evaluate(logits, _rollouts.Masks, group.Advantage, _logitGradient.AsSpan(0, count));
            var (sum, squares) = (0.0, 0.0);
            for (var i = 0; i < count; i++)
            {
                _weightedLogitGradient[i] = (float)(_logitGradient[i] / options.BatchSize);
                sum += logits[i];
                squares += (double)logits[i] * logits[i];
            }

            PolicyBackward.Accumulate(state.Policy, video, _activations, _weightedLogitGradient.AsSpan(0, count), _gradient);
            return new VideoOutcome(
                loss, baseCrossEntropy, crossEntropies.Average(), group.DeltaCrossEntropy.Average(), group.Sparsity.Average(), (double)group.SafeCount / crossEntropies.Length,
                sum / count, squares / count);
        }

        private double WithAllTokens(TrainingExample example)
        {
            _limits ??= new ModelLimits(Model.Info, Warn);
            _limits.See(example.Video.Grid);
            var crossEntropy = CrossEntropy(example, [KeptTokens.All(example.Video)])[0];
            _limits.SeeBase(crossEntropy);
            return crossEntropy;
        }

        private double[] CrossEntropy(TrainingExample example, IReadOnlyList<KeptTokens> sets)
        {
            var values = Model.CrossEntropy(sets, options.CaptionQuestion, example.Caption, CancellationToken);
            if (values.Length != sets.Count || !values.All(double.IsFinite))
                throw new InvalidOperationException(
                    $"The model '{Model.Info.Source}' returned [{string.Join(", ", values)}] as the cross-entropies of {sets.Count} kept-token sets; "
                    + $"expected {sets.Count} finite values.");
            return values;
        }

        private void Validate(TrainingStage stage, IEnumerable<TrainingExample> validation)
        {
            var start = Time.GetTimestamp();
            double sum = 0, baseSum = 0;
            var rows = 0;
            foreach (var example in validation)
            {
                CancellationToken.ThrowIfCancellationRequested();
                var logits = state.Policy.LogitsOf(example.Video);
                ThrowIfDiverged(NotFinite.In("logits of the validation", logits));
                sum += CrossEntropy(example, [KeptTokens.Gather(example.Video, ScoreCompressor.Select(logits, options.RetentionRatio))])[0];
                baseSum += state.BaseCrossEntropy.GetOrAdd(example, () => WithAllTokens(example));
                rows++;
            }
            if (rows == 0)
                throw new ArgumentException("The validation set has no rows; give null for none.", nameof(validation));

            ThrowIfDiverged(NotFinite.In("the cross-entropy of the validation", sum / rows) ?? NotFinite.In("its base cross-entropy", baseSum / rows));

            var isBest = sum / rows < state.BestCrossEntropy;
            state.StaleValidations = isBest ? 0 : state.StaleValidations + 1;
            if (isBest)
                (state.Best, state.BestCrossEntropy) = (state.Policy.Clone(), sum / rows);
            state.ValidatedStep = state.Step;
            var metrics = new ValidationMetrics(stage, state.Step, options.RetentionRatio, sum / rows, baseSum / rows, isBest, Time.GetElapsedTime(start).TotalSeconds);
            Log?.Write(metrics);
            Report(validation: metrics);
        }

        private StepMetrics Metrics(TrainingStage stage, List<VideoOutcome> outcomes)
        {
            var mean = outcomes.Average(outcome => outcome.LogitMean);
            return new StepMetrics(
                stage, state.Step + 1, outcomes.Average(outcome => outcome.Loss), outcomes.Average(outcome => outcome.BaseCrossEntropy),
                outcomes.Average(outcome => outcome.CrossEntropy), outcomes.Average(outcome => outcome.DeltaCrossEntropy),
                outcomes.Average(outcome => outcome.Sparsity), outcomes.Average(outcome => outcome.SafeShare), 1 - outcomes.Average(outcome => outcome.Sparsity),
                GradientNorm(), mean, Math.Sqrt(Math.Max(0, outcomes.Average(outcome => outcome.LogitSquare) - mean * mean)), Seconds: 0);
        }

        /// <summary>In double precision where the squares are too large for single.</summary>
        private double GradientNorm() => TensorPrimitives.Norm<float>(_gradient) is var norm && float.IsPositiveInfinity(norm)
            ? Math.Sqrt(_gradient.Sum(value => (double)value * value))
            : norm;

        private void ThrowIfDiverged(NotFinite? fault)
        {
            if (fault is not null)
                throw fault.ToException(state.Step, options);
        }

        private void Warn(string warning)
        {
            _warnings.Add(warning);
            Report(warning: warning);
        }

        private void Report(StepMetrics? metrics = null, ValidationMetrics? validation = null, string? warning = null) =>
            Progress?.Report(new TrainingProgress(state.Step, options.StepsOf(TrainingStage.WarmUp) + options.StepsOf(TrainingStage.Main), metrics, validation, warning));
    }

    /// <summary>Means over the rollouts of one video.</summary>
    private sealed record VideoOutcome(
        double Loss, double BaseCrossEntropy, double CrossEntropy, double DeltaCrossEntropy, double Sparsity, double SafeShare, double LogitMean, double LogitSquare);
}
