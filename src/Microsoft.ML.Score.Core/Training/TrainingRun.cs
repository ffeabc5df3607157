using System.Numerics.Tensors;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;

namespace Microsoft.ML.Score.Training;

/// <summary>One call of <see cref="ScoreTrainer.Fit"/>: the curriculum's stages, their steps and validations.</summary>
internal sealed class TrainingRun
{
    private static readonly TrainingStage[] s_curriculum = [TrainingStage.WarmUp, TrainingStage.Main];

    private readonly TrainerOptions _options;
    private readonly TrainerState _state;
    private readonly TrainingHealth _health;
    private readonly HashSet<TroubleKind> _told = [TroubleKind.Model]; // told by who scores, when it shows
    private readonly List<string> _warnings = [];
    private readonly RolloutScoring _scoring;
    private readonly UnusableRows _unusable;
    private readonly UnusableRows _unusableValidation;
    private readonly string _model;
    private readonly int _dimension;

    // Reused from step to step, so that training does not allocate.
    private readonly VideoUpdate[] _updates;
    private readonly float[] _gradient; // of the parameters

    public TrainingRun(IRolloutReward reward, TrainerOptions options, TrainerState state)
    {
        _options = options;
        _state = state;
        _health = new TrainingHealth(options, reward.Info);
        _scoring = new RolloutScoring(reward, options, state.BaseCrossEntropy, Warn);
        _unusable = new UnusableRows(options.SkipUnusableRows, state.UnusableRows, warning => Report(warning: warning));
        _unusableValidation = new UnusableRows(options.SkipUnusableRows, [], warning => Report(warning: $"Validation: {warning}"));
        _updates = [.. Enumerable.Range(0, options.ConcurrentVideos).Select(_ => new VideoUpdate(options.Rollouts))];
        _model = reward.Info.Name;
        _dimension = reward.Info.Dimension;
        _gradient = new float[state.Policy.Parameters.Length];
    }

    public required TimeProvider Time { get; init; }
    public required IEnumerable<TrainingRow> Rows { get; init; }
    public required IEnumerable<TrainingRow>? Validation { get; init; }
    public required Action SaveCheckpoint { get; init; }
    public required MetricsLog? Log { get; init; }
    public required IProgress<TrainingProgress>? Progress { get; init; }
    public required Func<TrainerState, PolicyProvenance> Origin { get; init; }
    public required CancellationToken CancellationToken { get; init; }

    public TrainingResult Execute()
    {
        using var training = TrainingTelemetry.StartTraining(_model, _options);
        if (Validation is null)
            Warn("There is no validation set, so the last policy is kept; the best one usually comes earlier.");
        try
        {
            foreach (var stage in s_curriculum.Where(stage => stage >= _state.Stage))
            {
                if (stage > _state.Stage)
                    _state.Enter(stage);
                RunStage(stage, _options.StepsOf(stage));
            }

            _state.IsFinished = true;
        }
        finally
        {
            // A cancelled or failed run can go on from its last whole step too.
            SaveCheckpoint();
        }
        if (_unusable.Count > 0)
            Warn($"Passed over in training: {_unusable.Description}");
        if (_unusableValidation.Count > 0)
            Warn($"Passed over in validation: {_unusableValidation.Description}");

        var verdict = TrainingVerdict.Of(_state, _options, [.. _health.Of(_state, atEnd: true)]);
        Log?.Write(new VerdictMetrics(_state.Step, verdict.WentWrong, verdict.Text));
        var result = new TrainingResult(
            (_state.Best ?? _state.Policy).Clone(Origin(_state)), _state.Step, _state.Best is null ? null : _state.BestCrossEntropy, _warnings, verdict.Text, verdict.WentWrong);
        TrainingTelemetry.Ended(training, result);
        return result;
    }

    private void RunStage(TrainingStage stage, int steps)
    {
        if (steps == 0)
            return;
        using var source = Source(stage, skip: checked(_state.StepInStage * _options.BatchSize)).GetEnumerator();
        while (true)
        {
            if (Validation is not null && _state.ValidatedStep != _state.Step && (_state.StepInStage % _options.ValidationInterval == 0 || _state.StepInStage == steps))
                Validate(stage, Validation);
            if (_state.StepInStage % _options.CheckpointInterval == 0)
                SaveCheckpoint();
            if (_state.StepInStage == steps || _state.StaleValidations >= (_options.Patience ?? int.MaxValue))
                return;
            if (!TakeStep(stage, source))
            {
                if (_state.Step == 0)
                    throw new ArgumentException(
                        $"{(stage == TrainingStage.WarmUp ? "There are no rows to train on." : "There are no rows of more than one time step to train on.")} {_unusable.Description}".TrimEnd(), "examples");
                if (_state.StepInStage > 0)
                    throw new ArgumentException(
                        $"After step {_state.Step} there are no rows any more; rows must come again whenever they are enumerated. {_unusable.Description}".TrimEnd(), "examples");
                Warn($"The training data has no row of more than one time step; the main stage is left out. {_unusable.Description}".TrimEnd());
                return;
            }
        }
    }

    /// <summary>The endless stream of a stage's videos, from one on; empty if the data has none. What is skipped is not read.</summary>
    private IEnumerable<TrainingRow> Source(TrainingStage stage, int skip)
    {
        return stage == TrainingStage.WarmUp ? new PseudoVideos(Rows, _dimension, _options.Seed, Warn, skip, _unusable, CancellationToken) : Videos();

        IEnumerable<TrainingRow> Videos()
        {
            var (any, left) = (true, skip);
            for (var pass = UnusableRows.Pass(stage, epoch: 0); any; pass++)
            {
                any = false;
                foreach (var (number, row) in _unusable.Usable(Rows, pass).Where(row => !row.Row.IsStill))
                {
                    if (left > 0)
                        (left, any) = (left - 1, true);
                    else if (_unusable.TryRead(number, pass, () => row.ReadVideo(CancellationToken), out var video))
                    {
                        any = true;
                        yield return new TrainingRow(video, row.Caption);
                    }
                }
            }
        }
    }

    /// <summary>One update of the policy from BatchSize videos; false if the source has none.</summary>
    private bool TakeStep(TrainingStage stage, IEnumerator<TrainingRow> source)
    {
        using var work = ScoreTelemetry.Start(TrainingTelemetry.StepActivity);
        var start = Time.GetTimestamp();
        _gradient.AsSpan().Clear();
        List<VideoOutcome> outcomes = [];
        _scoring.InOrder(
            Draws(),
            (update, baseCrossEntropy, crossEntropies) =>
                outcomes.Add(update.Accumulate(_state.Policy, baseCrossEntropy, crossEntropies, _options.TauOf(stage), _options, _gradient)),
            CancellationToken);
        if (outcomes.Count < _options.BatchSize)
        {
            work.Done();
            return false;
        }

        var metrics = Metrics(stage, outcomes);
        ThrowIfDiverged(NotFinite.In("the loss", metrics.Loss) ?? NotFinite.In("the mean cross-entropy", metrics.CrossEntropy)
            ?? NotFinite.In("the mean reward", metrics.PerformanceReward));
        ThrowIfDiverged(_state.Adam.Update(_state.Policy.Parameters, _gradient, _options.LearningRate, _state.Step + 1));
        // Finite weights can give logits that are not, and no later step may be there to notice: the policy after a step must be able to score
        // the step's last video, else the step is taken back.
        if (UpdateOf(_options.BatchSize - 1).LogitsFault(_state.Policy) is { } fault)
        {
            _state.Adam.Undo(_state.Policy.Parameters);
            ThrowIfDiverged(fault);
        }

        _state.Step++;
        _state.StepInStage++;
        metrics = metrics with { Seconds = Time.GetElapsedTime(start).TotalSeconds };
        Log?.Write(metrics);
        TrainingTelemetry.Ended(work, metrics, _options.BatchSize * _options.Rollouts);
        Report(metrics);
        _state.See(metrics);
        WarnOfTroubles();
        return true;

        IEnumerable<ScoringRequest<VideoUpdate>> Draws()
        {
            for (var i = 0; i < _options.BatchSize && source.MoveNext(); i++)
            {
                CancellationToken.ThrowIfCancellationRequested();
                var (video, caption, videoOfStep) = (source.Current.ReadVideo(CancellationToken), source.Current.Caption, i);
                var update = UpdateOf(i);
                ThrowIfDiverged(update.Draw(_state.Policy, video, k => new CounterRandom(_options.Seed, 5, (int)stage, _state.StepInStage, videoOfStep, k)));
                yield return new(update, video, caption, update.Kept, ComesAgain: stage == TrainingStage.Main);
            }
        }
    }

    /// <summary>The memory that serves video i of a step: as many videos are under way at a time as are scored concurrently.</summary>
    private VideoUpdate UpdateOf(int videoOfStep) => _updates[videoOfStep % _updates.Length];

    private void Validate(TrainingStage stage, IEnumerable<TrainingRow> validation)
    {
        using var work = ScoreTelemetry.Start(TrainingTelemetry.ValidationActivity);
        var start = Time.GetTimestamp();
        double sum = 0, baseSum = 0;
        var rows = 0;
        var further = new double[_options.FurtherValidationRatios.Count];
        ValidationMask? firstVideo = null;
        _scoring.InOrder(
            Selections(),
            (isCriterion, baseCrossEntropy, crossEntropies) =>
            {
                if (isCriterion)
                    (sum, baseSum, rows) = (sum + crossEntropies[0], baseSum + baseCrossEntropy, rows + 1);
                else
                    TensorPrimitives.Add(further, crossEntropies, further);
            },
            CancellationToken);
        if (rows == 0)
            throw new ArgumentException($"The validation set has no rows; give null for none. {_unusableValidation.Description}".TrimEnd(), nameof(validation));

        ThrowIfDiverged(NotFinite.In("the cross-entropy of the validation", sum / rows) ?? NotFinite.In("its base cross-entropy", baseSum / rows));

        var isBest = sum / rows < _state.BestCrossEntropy;
        _state.StaleValidations = isBest ? 0 : _state.StaleValidations + 1;
        if (isBest)
            (_state.Best, _state.BestCrossEntropy, _state.BestStep) = (_state.Policy.Clone(), sum / rows, _state.Step);
        if (_state.Step == 0)
            _state.UntrainedCrossEntropy = sum / rows;
        _state.ValidatedStep = _state.Step;
        var metrics = new ValidationMetrics(stage, _state.Step, _options.RetentionRatio, sum / rows, baseSum / rows, isBest, Time.GetElapsedTime(start).TotalSeconds)
        {
            FurtherCrossEntropies = further.Length == 0 ? null : _options.FurtherValidationRatios.Zip(further).ToDictionary(pair => pair.First, pair => pair.Second / rows),
            FirstVideo = firstVideo,
        };
        Log?.Write(metrics);
        TrainingTelemetry.Ended(work, metrics);
        Report(validation: metrics);
        WarnOfTroubles();

        // The tokens that the policy ranks highest. Further ratios are scored apart, so that the criterion's bits do not depend on what else is in the batch.
        IEnumerable<ScoringRequest<bool>> Selections()
        {
            var isFirstSeen = false;
            foreach (var (number, row) in _unusableValidation.Usable(validation, pass: 0))
            {
                CancellationToken.ThrowIfCancellationRequested();
                if (!_unusableValidation.TryRead(number, pass: 0, () => row.ReadVideo(CancellationToken), out var video))
                    continue;
                var logits = _state.Policy.LogitsOf(video);
                ThrowIfDiverged(NotFinite.In("logits of the validation", logits));
                var kept = ScoreCompressor.Select(logits, _options.RetentionRatio);
                if (!isFirstSeen)
                    (isFirstSeen, firstVideo) = (true, ValidationMask.Of(video.Grid, kept));
                yield return new(Item: true, video, row.Caption, [kept], ComesAgain: true);
                if (further.Length > 0)
                    yield return new(Item: false, video, row.Caption, [.. _options.FurtherValidationRatios.Select(ratio => (ReadOnlyMemory<int>)ScoreCompressor.Select(logits, ratio))], ComesAgain: true);
            }
        }
    }

    private StepMetrics Metrics(TrainingStage stage, List<VideoOutcome> outcomes)
    {
        var mean = outcomes.Average(outcome => outcome.LogitMean);
        return new StepMetrics(
            stage, _state.Step + 1, outcomes.Average(outcome => outcome.Loss), outcomes.Average(outcome => outcome.BaseCrossEntropy),
            outcomes.Average(outcome => outcome.CrossEntropy), outcomes.Average(outcome => outcome.DeltaCrossEntropy),
            outcomes.Average(outcome => outcome.Sparsity), outcomes.Average(outcome => outcome.SafeShare), 1 - outcomes.Average(outcome => outcome.Sparsity),
            GradientNorm(), mean, Math.Sqrt(Math.Max(0, outcomes.Average(outcome => outcome.LogitSquare) - mean * mean)),
            Share(outcome => !outcome.HasSafe), Share(outcome => outcome.HasNoSpread), Seconds: 0)
        {
            RewardDeviation = outcomes.Average(outcome => outcome.RewardDeviation),
            VideosWithoutAdvantage = Share(outcome => outcome.HasNoAdvantage),
            MaskEntropy = outcomes.Average(outcome => outcome.MaskEntropy),
        };

        double Share(Func<VideoOutcome, bool> isSo) => (double)outcomes.Count(isSo) / outcomes.Count;
    }

    /// <summary>In double precision where the squares are too large for single.</summary>
    private double GradientNorm() => TensorPrimitives.Norm<float>(_gradient) is var norm && float.IsPositiveInfinity(norm)
        ? Math.Sqrt(_gradient.Sum(value => (double)value * value))
        : norm;

    private void ThrowIfDiverged(NotFinite? fault)
    {
        if (fault is not null)
            throw fault.ToException(_state.Step, _options);
    }

    /// <summary>Says, once each, what is wrong by now.</summary>
    private void WarnOfTroubles()
    {
        foreach (var trouble in _health.Of(_state, atEnd: false).Where(trouble => _told.Add(trouble.Kind)))
            Warn($"Training goes wrong: {trouble.Finding}. Try {trouble.Remedy}.");
    }

    private void Warn(string warning)
    {
        _warnings.Add(warning);
        Report(warning: warning);
    }

    private void Report(StepMetrics? metrics = null, ValidationMetrics? validation = null, string? warning = null) =>
        Progress?.Report(new TrainingProgress(_state.Step, _options.StepsOf(TrainingStage.WarmUp) + _options.StepsOf(TrainingStage.Main), metrics, validation, warning));
}
