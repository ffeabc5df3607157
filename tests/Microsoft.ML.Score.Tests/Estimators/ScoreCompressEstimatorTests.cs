using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Training;

namespace Microsoft.ML.Score.Estimators;

[TestFixture]
internal sealed class ScoreCompressEstimatorTests
{
    private readonly FakeVideoModel _model = new();

    [Test]
    public void ScoreCompress_ShortTraining_PassesWorkout()
    {
        var context = new MLContext(1);
        EstimatorWorkout.Run(
            context.Transforms.ScoreCompress("Mask", "Features", captionColumnName: "Caption", _model, Options(mainSteps: 2)),
            context.Data.LoadFromEnumerable(VideoRow.Several(8)),
            ["Features", "Grid", "Caption"]);
    }

    [Test]
    public void Fit_TokensThatMatter_AreLearnt()
    {
        var context = new MLContext(1);
        var test = VideoRow.Several(40, firstSeed: 1000);
        var trained = context.Transforms.ScoreCompress("Mask", "Features", "Caption", _model, Options(mainSteps: 80)).Fit(context.Data.LoadFromEnumerable(VideoRow.Several(24)));
        var untrained = Enumerable.Range(1, 10).Average(seed => Found(context, Untrained(seed), test));

        Assert.That(Found(context, trained, test), Is.GreaterThan(0.9));
        Assert.That(untrained, Is.LessThan(0.8));

        ITransformer Untrained(int seed) =>
            context.Transforms.ApplyScorePolicy("Mask", "Features", PolicyNetwork.Initialize(FakeVideoModel.D, 16, seed: seed), new ScorePolicyOptions { RetentionRatio = 0.25 })
                .Fit(context.Data.LoadFromEnumerable(test));
    }

    [Test]
    public void Fit_SameContextSeed_GivesSamePolicyBits()
    {
        var first = Fit(seed: 5).Policy.ToBytes();
        Assert.That(Fit(seed: 5).Policy.ToBytes(), Is.EqualTo(first));
        Assert.That(Fit(seed: 6).Policy.ToBytes(), Is.Not.EqualTo(first));

        ScoreCompressTransformer Fit(int seed)
        {
            var context = new MLContext(seed);
            return context.Transforms.ScoreCompress(context, "Mask", "Features", "Caption", _model, Options(mainSteps: 3)).Fit(context.Data.LoadFromEnumerable(VideoRow.Several(8)));
        }
    }

    [TestCase(4, 0, 40)]     // the warm-up alone: the stills and no video
    [TestCase(60, 140, 440)] // the default: as many as there are distinct rows, however often they are read
    public void Fit_VideosBeforeStillsAndAnEmptyCache_EncodesWhatStepsNeedAndOnce(int warmUpSteps, int mainSteps, int expected)
    {
        using var cache = new TemporaryFolder();
        var context = new MLContext(1);
        var model = new FakeVideoModel();
        var rows = Enumerable.Range(0, 400).Select(i => ClipRow.Random(i, 2 + i % 3)).Concat(Enumerable.Range(400, 40).Select(i => ClipRow.Random(i, 1)));
        var pipeline = context.Transforms.EncodeVideo("Features", "Frames", model, new EncodeVideoOptions { Cache = new() { Folder = cache.Path } })
            .Append(context.Transforms.ScoreCompress("Mask", "Features", "Caption", model, new ScoreOptions
            {
                Training = new TrainerOptions { WarmUpSteps = warmUpSteps, MainSteps = mainSteps, BatchSize = 4, Rollouts = 2 },
            }));

        pipeline.Fit(context.Data.LoadFromEnumerable(rows));

        Assert.That(model.Encodings, Is.EqualTo(expected));
    }

    [Test]
    public void Fit_StillsOfTheSyntheticWorld_FeedTheWarmUp()
    {
        var context = new MLContext(1);
        List<string> messages = [];
        context.Log += (_, e) => messages.Add(e.Message);
        using var model = VideoModel.Load("tiny");
        var clips = Enumerable.Range(0, 4).Select(i => SyntheticWorld.Generate(SyntheticSplit.PolicyTraining, VideoLength.Short, i)).Append<SyntheticClip>(
            SyntheticWorld.GenerateImage(SyntheticSplit.PolicyTraining, 0));
        var rows = context.Data.LoadFromEnumerable(clips.Select(clip => new SyntheticRow { Frames = clip.Clip.ReadAllFrames(), Caption = clip.Caption }).ToArray());
        var encoded = context.Transforms.EncodeVideo("Features", "Frames", model, new EncodeVideoOptions { Cache = null }).Fit(rows).Transform(rows);

        context.Transforms.ScoreCompress(context, "Mask", "Features", "Caption", model, Options(mainSteps: 1)).Fit(encoded);

        Assert.That(EstimatorWorkout.Read(encoded, "IsStill").Select(row => row[0]), Is.EqualTo(new[] { false, false, false, false, true }), "two frames of Qwen2.5-VL are one step");
        Assert.That(messages, Has.None.Contain("no single-step rows"));
    }

    [Test]
    public void Fit_StoppedAndFittedAgain_GoesOnFromItsCheckpoint()
    {
        using var folder = new TemporaryFolder();
        var context = new MLContext(4);
        var rows = new MLContext().Data.LoadFromEnumerable(VideoRow.Several(8)); // loading draws from a context too
        var whole = Estimator(new MLContext(4), null, default).Fit(rows).Policy.ToBytes();
        using var stop = new CancellationTokenSource();
        context.Log += (_, e) =>
        {
            if (e.Message.Contains("step 3 of", StringComparison.Ordinal))
                stop.Cancel();
        };
        var estimator = Estimator(context, folder.Path, stop.Token);
        Assert.That(() => estimator.Fit(rows), Throws.InstanceOf<OperationCanceledException>());

        // The options hold the token that was cancelled; one context draws another seed for another estimator.
        Assert.That(() => estimator.Fit(rows), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(Estimator(new MLContext(4), folder.Path, default).Fit(rows).Policy.ToBytes(), Is.EqualTo(whole));

        IEstimator<ScoreCompressTransformer> Estimator(MLContext with, string? checkpoint, CancellationToken token) =>
            with.Transforms.ScoreCompress(with, "Mask", "Features", "Caption", _model, new ScoreOptions
            {
                RetentionRatio = 0.25,
                CancellationToken = token,
                Training = new TrainerOptions { WarmUpSteps = 2, MainSteps = 4, Rollouts = 4, BatchSize = 2, CheckpointFolder = checkpoint },
            });
    }

    [Test]
    public void Fit_CacheOrNone_GivesTheSamePolicyAndSaysWhereVideosAreKept()
    {
        using var folder = new TemporaryFolder();
        List<string> messages = [];

        Assert.That(Policy(new() { Folder = folder.Path }), Is.EqualTo(Policy(null)));
        Assert.That(messages.Where(message => message.Contains("are kept in", StringComparison.Ordinal)), Is.All.Contains(folder.Path).And.Exactly(1).Items);

        byte[] Policy(FeatureCacheOptions? cache)
        {
            var context = new MLContext(3);
            context.Log += (_, e) => messages.Add(e.Message);
            var rows = context.Data.LoadFromEnumerable(Enumerable.Range(0, 12).Select(i => ClipRow.Random(i, 1 + i % 4)));
            return context.Transforms.EncodeVideo("Features", "Frames", _model, new EncodeVideoOptions { Cache = cache })
                .Append(context.Transforms.ScoreCompress(context, "Mask", "Features", "Caption", _model, Options(mainSteps: 3))).Fit(rows).LastTransformer.Policy.ToBytes();
        }
    }

    [Test]
    public void Fit_IsStillColumnOfAnotherType_NamesIt()
    {
        var context = new MLContext(1);
        var rows = context.Data.LoadFromEnumerable(VideoRow.Several(4));
        var estimator = context.Transforms.ScoreCompress("Mask", "Features", "Caption", _model, new ScoreOptions { IsStillColumnName = "Caption" });

        Assert.That(() => estimator.Fit(rows), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("'Caption'").And.Message.Contains("expected Boolean"));
    }

    [Test]
    public void Fit_WithContext_LogsProgressAndWarnings()
    {
        var context = new MLContext(1);
        var messages = new List<(ChannelMessageKind Kind, string Text)>();
        context.Log += (_, e) => messages.Add((e.Kind, e.Message));
        var longRows = VideoRow.Several(8).Where(row => row.Grid[0] > 1).ToArray();
        var options = Options(mainSteps: 10, validation: context.Data.LoadFromEnumerable(longRows));

        context.Transforms.ScoreCompress(context, "Mask", "Features", "Caption", _model, options).Fit(context.Data.LoadFromEnumerable(longRows));

        Assert.That(messages.Any(message => message.Kind == ChannelMessageKind.Warning), "no single-step rows");
        Assert.That(messages.Any(message => message.Kind == ChannelMessageKind.Info && message.Text.Contains("step 10 of 12")));
        Assert.That(messages.Any(message => message.Kind == ChannelMessageKind.Info && message.Text.Contains("validation cross-entropy")));
        Assert.That(messages.Any(message => message.Kind == ChannelMessageKind.Trace && message.Text.Contains("step 3 of 12")));
        Assert.That(messages.Count(message => message.Text.Contains("It went ")), Is.EqualTo(1), "one verdict");
    }

    [Test]
    public void Fit_RuinousLearningRate_LogsItWhenItShowsAndAsTheVerdict()
    {
        var context = new MLContext(1);
        var warnings = new List<string>();
        context.Log += (_, e) =>
        {
            if (e.Kind == ChannelMessageKind.Warning)
                warnings.Add(e.Message);
        };
        var data = context.Data.LoadFromEnumerable(VideoRow.Several(8));
        var options = new ScoreOptions { ValidationSet = data, Training = new TrainerOptions { WarmUpSteps = 1, MainSteps = 2, LearningRate = 1e5, Rollouts = 2, BatchSize = 1 } };

        var fitted = context.Transforms.ScoreCompress(context, "Mask", "Features", "Caption", _model, options).Fit(data);

        Assert.That(warnings, Has.Exactly(1).Contains("Training goes wrong: the logits reached"));
        Assert.That(warnings[^1], Does.Contain("It went wrong: the logits reached").And.Contain("LearningRate"));
        Assert.That((fitted.Policy.Provenance!.WarmUpSteps, fitted.Policy.Provenance.MainSteps), Is.EqualTo((1, 2)));
    }

    [Test]
    public void Fit_ValidationWithoutImprovement_EndsEarly()
    {
        var context = new MLContext(1);
        var messages = new List<string>();
        context.Log += (_, e) => messages.Add(e.Message);
        var data = context.Data.LoadFromEnumerable(VideoRow.Several(8));
        var options = new ScoreOptions
        {
            ValidationSet = data,
            Training = new TrainerOptions { WarmUpSteps = 0, MainSteps = 1000, LearningRate = 1e-30, Rollouts = 2, BatchSize = 1, ValidationInterval = 2, Patience = 1 },
        };
        context.Transforms.ScoreCompress(context, "Mask", "Features", "Caption", _model, options).Fit(data);

        Assert.That(messages.Last(message => message.Contains("Trained for")), Does.Contain("Trained for 2 steps; best validation cross-entropy"));
    }

    [Test]
    public void Fit_InitialPolicyAndVanishingLearningRate_ScoresAsIt()
    {
        var context = new MLContext(1);
        var initial = PolicyNetwork.Initialize(FakeVideoModel.D, 8, seed: 9, encoderFingerprint: "fake-encoder");
        var options = new ScoreOptions { InitialPolicy = initial, Training = new TrainerOptions { WarmUpSteps = 0, MainSteps = 1, LearningRate = 1e-30, Rollouts = 2, BatchSize = 1 } };
        var fitted = context.Transforms.ScoreCompress("Mask", "Features", "Caption", _model, options).Fit(context.Data.LoadFromEnumerable(VideoRow.Several(4)));

        var row = VideoRow.Random(1, 3);
        var video = new VideoTokens(new TokenGrid(3, VideoRow.H, VideoRow.W), VideoRow.D, row.Features);
        Assert.That(fitted.Policy.Logits(video), Is.EqualTo(initial.Logits(video)));
    }

    [Test]
    public void Fit_CancelledToken_Throws()
    {
        var context = new MLContext(1);
        var options = new ScoreOptions { CancellationToken = new CancellationToken(true) };
        Assert.That(
            () => context.Transforms.ScoreCompress("Mask", "Features", "Caption", _model, options).Fit(context.Data.LoadFromEnumerable(VideoRow.Several(4))),
            Throws.InstanceOf<OperationCanceledException>());
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("  ")]
    public void Fit_CaptionNullOrEmpty_NamesRow(string? caption)
    {
        var context = new MLContext(1);
        var rows = VideoRow.Several(4);
        rows[2].Caption = caption!;
        Assert.That(
            () => context.Transforms.ScoreCompress("Mask", "Features", "Caption", _model, Options(mainSteps: 2)).Fit(context.Data.LoadFromEnumerable(rows)),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains("Row 2, column 'Caption'"));
    }

    [Test]
    public void Fit_UnusableRowsSkipped_GivesThePolicyOfTheDataWithoutThem()
    {
        var expected = Fit(VideoRow.Several(6));
        var rows = VideoRow.Several(6).ToList();
        foreach (var (index, row) in VideoRow.Several(3, firstSeed: 50).Index())
            rows.Insert(2 * index + 1, row);
        rows[1].Caption = " ";
        rows[3].Caption = new string('a', 32769);
        rows[5].Features[0] = float.NaN;

        Assert.That(Fit([.. rows]), Is.EqualTo(expected));

        // A policy also says how many rows there were.
        float[] Fit(VideoRow[] data)
        {
            var context = new MLContext(1);
            var options = new ScoreOptions { Training = new TrainerOptions { UseWarmUp = false, MainSteps = 8, BatchSize = 2, Rollouts = 2, HiddenWidth = 4, SkipUnusableRows = true } };
            return context.Transforms.ScoreCompress("Mask", "Features", "Caption", _model, options).Fit(context.Data.LoadFromEnumerable(data)).Policy
                .Logits(new VideoTokens(new TokenGrid(1, 1, 2), VideoRow.D, new float[] { 1, -2, 3, 4, 0.5f, 6, -7, 8 }));
        }
    }

    [Test]
    public void Fit_LongCaption_NamesRowAndColumn()
    {
        var context = new MLContext(1);
        var rows = VideoRow.Several(4);
        rows[3].Caption = new string('a', 32769);

        Assert.That(
            () => context.Transforms.ScoreCompress("Mask", "Features", "Caption", _model, Options(mainSteps: 2)).Fit(context.Data.LoadFromEnumerable(rows)),
            Throws.InstanceOf<InvalidDataException>().With.Message.EqualTo("Row 3, column 'Caption': the caption has 32769 characters; expected at most 32768."));
    }

    [Test]
    public void ScoreCompress_SeveralFaultyOptions_ReportsAllAtOnce()
    {
        var options = new ScoreOptions
        {
            RetentionRatio = 1.5,
            KeptIndicesColumnName = "Same",
            ProbabilitiesColumnName = "Same",
            Training = new TrainerOptions { Rollouts = 0, LearningRate = -1 },
        };
        var error = Assert.Throws<ArgumentException>(() => new MLContext().Transforms.ScoreCompress("Mask", "Features", "Caption", _model, options))!;
        Assert.That(error.ParamName, Is.EqualTo("options"));
        foreach (var part in new[] { "RetentionRatio", "1.5", "'Same'", "Rollouts", "LearningRate" })
            Assert.That(error.Message, Does.Contain(part));
    }

    [TestCase(0.25, 0.5)]
    [TestCase(0.10, 0.5)]
    public void ScoreCompress_AnotherRetentionRatioForTraining_IsAnError(double ratio, double ofTraining)
    {
        var options = new ScoreOptions { RetentionRatio = ratio, Training = new TrainerOptions { RetentionRatio = ofTraining } };

        Assert.That(
            () => new MLContext().Transforms.ScoreCompress("Mask", "Features", "Caption", _model, options),
            Throws.ArgumentException.With.Message.Contains(FormattableString.Invariant($"RetentionRatio is {ratio} and Training.RetentionRatio is {ofTraining}: set the first alone")));
    }

    [TestCase(0.25, 0.25)] // the same
    [TestCase(0.25, 0.10)] // the trainer's default
    public void ScoreCompress_TheSameRetentionRatioOrTheTrainersDefault_MakesMasksOfTheOptions(double ratio, double ofTraining)
    {
        var context = new MLContext(1);
        var options = new ScoreOptions { RetentionRatio = ratio, Training = new TrainerOptions { RetentionRatio = ofTraining, WarmUpSteps = 0, MainSteps = 1, Rollouts = 2, BatchSize = 1 } };

        var fitted = context.Transforms.ScoreCompress("Mask", "Features", "Caption", _model, options).Fit(context.Data.LoadFromEnumerable(VideoRow.Several(2)));

        Assert.That(fitted.RetentionRatio, Is.EqualTo(ratio));
    }

    [Test]
    public void ScoreCompress_SeedBesideAContext_IsAnErrorThatNamesBothPlaces()
    {
        var context = new MLContext(5);
        var options = new ScoreOptions { Training = new TrainerOptions { Seed = 7 } };

        Assert.That(
            () => context.Transforms.ScoreCompress(context, "Mask", "Features", "Caption", _model, options),
            Throws.ArgumentException.With.Message.Contains("Training.Seed is 7").And.Message.Contains("new MLContext(seed)"));
        Assert.That(context.Transforms.ScoreCompress("Mask", "Features", "Caption", _model, options), Is.Not.Null, "without the context the seed is used");
    }

    [Test]
    public void Fit_Model_IsNotDisposed()
    {
        var context = new MLContext(1);
        var rows = VideoRow.Several(4);
        var data = context.Data.LoadFromEnumerable(rows);
        var pipeline = context.Transforms.ScoreCompress("Mask", "Features", "Caption", _model, Options(mainSteps: 1))
            .Append(context.Transforms.AnswerVideoQuestion("Answer", "Features", "Mask", "Question", _model));
        var fitted = pipeline.Fit(data);
        using (var engine = context.Model.CreatePredictionEngine<VideoRow, AnswerRow>(fitted))
            Assert.That(engine.Predict(rows[0]).Answer, Does.StartWith("question 0"));
        Assert.That(_model.IsDisposed, Is.False);
    }

    [Test]
    public void Fit_Progress_IsToldWhatTheMetricsRecordSaysInItsOrder()
    {
        using var folder = new TemporaryFolder();
        List<TrainingProgress> told = [];
        var context = new MLContext(1);
        var data = context.Data.LoadFromEnumerable(VideoRow.Several(8));
        var options = Options(mainSteps: 6, validation: data);
        options = new ScoreOptions
        {
            RetentionRatio = options.RetentionRatio,
            ValidationSet = data,
            Training = options.Training with { MetricsPath = folder.File("metrics.jsonl") },
            Progress = new Told(told),
        };

        var fitted = context.Transforms.ScoreCompress("Mask", "Features", "Caption", _model, options).Fit(data);

        var record = TrainingRecord.Read(folder.File("metrics.jsonl"));
        Assert.That(told.Select(progress => progress.Metrics).OfType<StepMetrics>().ToList(), Is.EqualTo(record.Steps).And.Count.EqualTo(8));
        Assert.That(
            told.Select(progress => progress.Validation).OfType<ValidationMetrics>().Select(validation => validation with { FirstVideo = null }).ToList(),
            Is.EqualTo(record.Validations.Select(validation => validation with { FirstVideo = null })).And.Count.EqualTo(4)); // steps 0, 2, 7 and 8
        Assert.That(told.Where(progress => progress.Warning is null).Select(progress => progress.Metrics is null ? $"validation {progress.Step}" : $"step {progress.Step}"), Is.EqualTo(new[]
        {
            "validation 0", "step 1", "step 2", "validation 2", "step 3", "step 4", "step 5", "step 6", "step 7", "validation 7", "step 8", "validation 8",
        }));
        context.Model.Save(fitted, data.Schema, folder.File("score.zip"));
        Assert.That(new MLContext().Model.Load(folder.File("score.zip"), out _), Is.Not.Null, "the receiver is no part of the file");
    }

    private sealed class Told(List<TrainingProgress> told) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => told.Add(value);
    }

    private static ScoreOptions Options(int mainSteps, IDataView? validation = null) => new()
    {
        RetentionRatio = 0.25,
        KeptIndicesColumnName = "Indices",
        ProbabilitiesColumnName = "Probabilities",
        ValidationSet = validation,
        Training = new TrainerOptions { WarmUpSteps = 2, MainSteps = mainSteps, Rollouts = 8, BatchSize = 4, LearningRate = 0.02, HiddenWidth = 16, ValidationInterval = 5 },
    };

    /// <summary>The share of tokens that matter (or of the k places, where there are more) that the mask keeps.</summary>
    private static double Found(MLContext context, ITransformer transformer, VideoRow[] rows)
    {
        var masks = context.Data.CreateEnumerable<MaskRow>(transformer.Transform(context.Data.LoadFromEnumerable(rows)), reuseRowObject: false).Select(row => row.Mask).ToArray();
        double found = 0, findable = 0;
        for (var i = 0; i < rows.Length; i++)
        {
            var matters = Enumerable.Range(0, masks[i].Length).Where(token => rows[i].Features[token * VideoRow.D] == 1).ToArray();
            found += matters.Count(token => masks[i][token]);
            findable += Math.Min(matters.Length, TopK.RetainedCount(0.25, masks[i].Length));
        }

        return found / findable;
    }

    private sealed class MaskRow
    {
        public bool[] Mask { get; set; } = [];
    }

    private sealed class AnswerRow
    {
        public string Answer { get; set; } = "";
    }

    private sealed class SyntheticRow
    {
        [VectorType(0, 48, 48, 3)]
        public byte[] Frames { get; set; } = [];

        public string Caption { get; set; } = "";
    }
}
