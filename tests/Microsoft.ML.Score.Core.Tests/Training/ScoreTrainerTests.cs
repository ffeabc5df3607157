using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Training;

[TestFixture]
public class ScoreTrainerTests
{
    private static readonly TrainingRow[] s_images = [.. Enumerable.Range(0, 30).Select(i => PlantedModel.Example(i, 1))];
    private static readonly TrainingRow[] s_videos = [.. Enumerable.Range(100, 30).Select(i => PlantedModel.Example(i, 6))];
    private static readonly TrainingRow[] s_heldOut = [.. Enumerable.Range(200, 20).Select(i => PlantedModel.Example(i, 6))];
    private static readonly TrainingRow[] s_mixed = [.. s_images.Zip(s_videos).SelectMany(pair => new[] { pair.First, pair.Second })];

    [Test]
    public void Fit_PlantedObjects_LearnsToKeepThem()
    {
        var result = new ScoreTrainer(new PlantedModel(), new TrainerOptions { WarmUpSteps = 40, MainSteps = 60, HiddenWidth = 16, LearningRate = 0.02 }).Fit(s_mixed, s_heldOut);

        var untrained = MeanCrossEntropy(PolicyNetwork.Initialize(PlantedModel.Dimension, 16));
        Assert.That(result.Steps, Is.EqualTo(100));
        Assert.That(result.BestCrossEntropy, Is.EqualTo(MeanCrossEntropy(result.Policy)).Within(1e-12));
        Assert.That(result.BestCrossEntropy, Is.LessThan(1.05), $"untrained: {untrained:F3}");
        Assert.That(untrained, Is.GreaterThan(1.1));

        static double MeanCrossEntropy(PolicyNetwork policy)
        {
            var compressor = new ScoreCompressor(policy);
            return s_heldOut.Average(row => new PlantedModel().CrossEntropy([compressor.Compress(row.ReadVideo(), 0.10)], "", row.Caption)[0]);
        }
    }

    [Test]
    public void Fit_SameSeedTwice_GivesEqualPolicyFiles()
    {
        Assert.That(Bytes(Train(Small())), Is.EqualTo(Bytes(Train(Small()))));
        Assert.That(Bytes(Train(Small(seed: 2))), Is.Not.EqualTo(Bytes(Train(Small()))));
    }

    [Test]
    public void Fit_SourceThatReordersRowsEachEpoch_ComputesBaseCrossEntropyOncePerVideo()
    {
        var model = new PlantedModel();
        var options = new TrainerOptions { UseWarmUp = false, MainSteps = 6, BatchSize = 4, Rollouts = 2, HiddenWidth = 2 };

        new ScoreTrainer(model, options).Fit(AlternatingOrder(s_videos.Take(4)));

        Assert.That(model.Calls, Is.EqualTo(6 * 4 + 4));
    }

    [Test]
    public void Fit_NoSingleStepRows_WarnsAndUsesStepsOfVideos()
    {
        var result = Train(Small(), s_videos);
        Assert.That(result.Warnings, Has.One.Contains("no single-step rows"));
        Assert.That(result.Steps, Is.EqualTo(7));
    }

    [Test]
    public void Fit_OnlySingleStepRows_WarnsAndEndsAfterTheWarmUp()
    {
        var result = Train(Small(), s_images);
        Assert.That(result.Warnings, Has.One.Contains("main stage is left out"));
        Assert.That(result.Steps, Is.EqualTo(3));
    }

    [Test]
    public void Fit_EmbeddedModelOnOtherGrids_WarnsOnceAFitThatItKnowsNothingOfRealVideo()
    {
        // CE_base of 1 nat is above ln(2) too: one warning is enough.
        var model = new PlantedModel { Info = new("tiny", "0123abcd", PlantedModel.Dimension) { VocabularySize = 2 } };

        string[][] warnings = [.. Enumerable.Range(0, 2).Select(_ => Train(Small(), model: model).Warnings.ToArray())];

        Assert.That(warnings.Select(list => list.Count(warning => warning.Contains("knows nothing of real video"))), Is.EqualTo(new[] { 1, 1 }));
        Assert.That(warnings.Select(list => list.Length), Is.EqualTo(new[] { 1, 1 }));
    }

    [TestCase(2, 1)]
    [TestCase(3, 0)]
    [TestCase(null, 0)]
    public void Fit_BaseCrossEntropyOfOneNat_WarnsOnceWhereGuessingGivesLess(int? vocabulary, int expected)
    {
        var model = new PlantedModel { Info = new("planted", "0123abcd", PlantedModel.Dimension) { VocabularySize = vocabulary } };

        var result = Train(Small(), model: model);

        Assert.That(result.Warnings.Count(warning => warning.Contains("above ln(2) = 0.69")), Is.EqualTo(expected));
        Assert.That(result.Warnings, Has.Count.EqualTo(expected));
    }

    [Test]
    public void Fit_NoRows_Throws()
    {
        Assert.That(() => Train(Small(), []), Throws.ArgumentException.With.Message.Contains("no rows to train on"));
        Assert.That(() => new ScoreTrainer(new PlantedModel(), new TrainerOptions { UseWarmUp = false }).Fit(s_images), Throws.ArgumentException.With.Message.Contains("more than one time step"));
    }

    [Test]
    public void Fit_NoValidationSet_WarnsAndKeepsTheLastPolicy()
    {
        var result = new ScoreTrainer(new PlantedModel(), Small()).Fit(s_mixed);
        Assert.That(result.Warnings, Has.One.Contains("no validation set"));
        Assert.That(result.BestCrossEntropy, Is.Null);
    }

    [Test]
    public void Fit_Patience_EndsStagesEarly()
    {
        var options = new TrainerOptions { WarmUpSteps = 50, MainSteps = 50, ValidationInterval = 1, Patience = 2, BatchSize = 1, Rollouts = 1, LearningRate = 1e-9, HiddenWidth = 4 };
        Assert.That(new ScoreTrainer(new PlantedModel(), options).Fit(s_mixed, s_heldOut).Steps, Is.EqualTo(4));
    }

    [Test]
    public void Fit_InitialPolicy_StartsThereAndLeavesItUnchanged()
    {
        var initial = PolicyNetwork.Initialize(PlantedModel.Dimension, 5, useResidual: false, seed: 9);
        var before = initial.ToBytes();
        var result = new ScoreTrainer(new PlantedModel(), Small()).Fit(s_mixed, initialPolicy: initial);
        Assert.That(result.Policy.HiddenWidth, Is.EqualTo(5));
        Assert.That(result.Policy.UseResidual, Is.False);
        Assert.That(initial.ToBytes(), Is.EqualTo(before));
    }

    [Test]
    public void Fit_InitialPolicyThatDoesNotFit_IsRefused()
    {
        var trainer = new ScoreTrainer(new PlantedModel(), Small());
        Assert.That(() => trainer.Fit(s_mixed, initialPolicy: PolicyNetwork.Initialize(3)), Throws.ArgumentException.With.Message.Contains("dimension 3"));
        Assert.That(
            () => trainer.Fit(s_mixed, initialPolicy: PolicyNetwork.Initialize(PlantedModel.Dimension, encoderFingerprint: "ffff")),
            Throws.ArgumentException.With.Message.Contains("ffff"));
    }

    [Test]
    public void Fit_PolicyThatKeepsAlmostNothing_LearnsToKeepMore()
    {
        var initial = PolicyNetwork.Initialize(PlantedModel.Dimension, 8);
        initial.B2[0] = -8;
        List<StepMetrics> steps = [];
        var options = new TrainerOptions { UseWarmUp = false, MainSteps = 150, BatchSize = 2, LearningRate = 0.1 };

        new ScoreTrainer(new PlantedModel(), options).Fit(s_mixed, initialPolicy: initial, progress: new Collector(steps));

        Assert.That(steps[0].Retention, Is.LessThan(0.01), "most masks of the first step are empty");
        Assert.That(steps[^1].Retention, Is.GreaterThan(steps[0].Retention));
        Assert.That(steps[^1].CrossEntropy, Is.LessThan(steps[0].CrossEntropy));
        Assert.That(steps.All(step => double.IsFinite(step.Loss) && double.IsFinite(step.GradientNorm)));
    }

    [Test]
    public void Fit_RowsThatDoNotFit_NameTheRow()
    {
        var good = s_videos[0];
        var otherDimension = new TrainingRow(new VideoTokens(new TokenGrid(1, 1, 1), 2, new float[2]), "a");
        var otherEncoder = new TrainingRow(new VideoTokens(good.ReadVideo().Grid, good.ReadVideo().Dimension, good.ReadVideo().Vectors, "ffff"), "a");
        var notFinite = new TrainingRow(new VideoTokens(new TokenGrid(1, 1, 1), 6, new[] { 0, 0, 0, 0, float.NaN, 0 }), "a");

        Assert.That(() => Train(Small(), [good, otherDimension]), Throws.ArgumentException.With.Message.Contains("got 2 from row 1."));
        Assert.That(() => Train(Small(), [otherEncoder]), Throws.ArgumentException.With.Message.Contains("from row 0").And.Message.Contains("ffff"));
        Assert.That(() => Train(Small(), [good, good, notFinite]), Throws.ArgumentException.With.Message.Contains("Row 2").And.Message.Contains("finite"));
        Assert.That(() => new TrainingRow(good.ReadVideo(), " "), Throws.ArgumentException);
        Assert.That(() => new TrainingRow(good.ReadVideo(), null!), Throws.ArgumentNullException);
    }

    [Test]
    public void Fit_CrossEntropyNotFinite_Throws()
    {
        Assert.That(() => new ScoreTrainer(new NotFiniteModel(), Small()).Fit(s_mixed), Throws.InvalidOperationException.With.Message.Contains("NaN"));
    }

    [Test]
    public void Constructor_InvalidOptions_NamesAllFaults()
    {
        var options = new TrainerOptions { Rollouts = 0, LearningRate = double.NaN, RetentionRatio = 1.5, MainTau = 0.5, WarmUpSteps = -1, Patience = 0 };
        Assert.That(() => new ScoreTrainer(new PlantedModel(), options), Throws.ArgumentException.With.Message.Contains(nameof(options.Rollouts))
            .And.Message.Contains(nameof(options.LearningRate)).And.Message.Contains(nameof(options.RetentionRatio))
            .And.Message.Contains(nameof(options.MainTau)).And.Message.Contains(nameof(options.WarmUpSteps)).And.Message.Contains(nameof(options.Patience)));
    }

    [Test]
    public void Fit_FolderThatAnotherTrainingUses_ThrowsNamingItAndGoesOnAfterwards()
    {
        using var folder = new TemporaryFolder();
        Exception? refused = null;
        var first = new PlantedModel();
        var other = new PlantedModel();
        first.BeforeCall = () => refused ??= Assert.Catch(() => Train(Small(folder.Path), model: other));

        var result = Train(Small(folder.Path), model: first);

        Assert.That(refused, Is.TypeOf<IOException>().With.Message.Contains($"process {Environment.ProcessId}"));
        Assert.That(other.Calls, Is.Zero);
        Assert.That(Bytes(result), Is.EqualTo(Bytes(Train(Small()))));
        Assert.That(Directory.GetFiles(folder.Path).Select(Path.GetFileName), Is.EqualTo(new[] { "checkpoint.safetensors" }), "no lock is left");
    }

    [Test]
    public void Fit_MetricsFileThatAnotherTrainingWrites_ThrowsNamingIt()
    {
        using var folder = new TemporaryFolder();
        var options = Small(metricsPath: folder.File("metrics.jsonl"));
        Exception? refused = null;
        var (first, other) = (new PlantedModel(), new PlantedModel());
        first.BeforeCall = () => refused ??= Assert.Catch(() => Train(options, model: other));

        Train(options, model: first);

        Assert.That(refused, Is.TypeOf<IOException>().With.Message.Contains("metrics.jsonl").And.Message.Contains($"process {Environment.ProcessId}"));
        Assert.That(other.Calls, Is.Zero);
        Assert.That(Directory.GetFiles(folder.Path).Select(Path.GetFileName), Is.EqualTo(new[] { "metrics.jsonl" }), "no lock is left");
        Assert.That(File.ReadAllLines(folder.File("metrics.jsonl")).Count(line => line.StartsWith("{\"kind\":\"step\"", StringComparison.Ordinal)), Is.EqualTo(7));
    }

    [TestCase("notes of mine\n")]
    [TestCase("{\"kind\":\"note\",\"step\":1}\n")]
    [TestCase("{\"kind\":\"step\",\"step\":1}\n{\"video\":\"a.mp4\"}\n")]
    public void Fit_MetricsFileOfSomethingElse_IsRefusedAndLeft(string content)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("metrics.jsonl"), content);
        var model = new PlantedModel();

        Assert.That(() => Train(Small(metricsPath: folder.File("metrics.jsonl")), model: model), Throws.TypeOf<InvalidDataException>().With.Message.Contains("not a metrics record"));
        Assert.That((File.ReadAllText(folder.File("metrics.jsonl")), model.Calls), Is.EqualTo((content, 0)));
    }

    /// <summary>What a kill leaves of the record at any moment is still a record.</summary>
    [Test]
    public void Fit_MetricsFileCutOffAnywhere_IsGoneOnWith()
    {
        using var folder = new TemporaryFolder();
        Train(Small(metricsPath: folder.File("whole.jsonl")));
        var whole = File.ReadAllBytes(folder.File("whole.jsonl"));

        for (var length = 0; length <= whole.Length; length += 37)
        {
            File.WriteAllBytes(folder.File("cut.jsonl"), whole[..length]);
            Assert.That(ScoreTrainer.IsMetricsFile(folder.File("cut.jsonl")), $"cut after {length} bytes");
        }
    }

    [TestCase("""{"kind":"step","step":1}""", true)]
    [TestCase("""{"kind":"step","step":1.5}""", false)]
    [TestCase("""{"kind":"step","step":"1"}""", false)]
    [TestCase("""{"step":1}""", false)]
    public void IsMetricsFile_Line_IsOneWithAKindAndAWholeStep(string line, bool expected)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("metrics.jsonl"), line + "\n");

        Assert.That(ScoreTrainer.IsMetricsFile(folder.File("metrics.jsonl")), Is.EqualTo(expected));
    }

    internal static TrainerOptions Small(string? checkpointFolder = null, int seed = 1, string? metricsPath = null) => new()
    {
        Seed = seed,
        WarmUpSteps = 3,
        MainSteps = 4,
        BatchSize = 2,
        Rollouts = 4,
        HiddenWidth = 4,
        ValidationInterval = 2,
        CheckpointInterval = 2,
        CheckpointFolder = checkpointFolder,
        MetricsPath = metricsPath,
    };

    internal static TrainingResult Train(TrainerOptions options, IEnumerable<TrainingRow>? rows = null, PlantedModel? model = null, IProgress<TrainingProgress>? progress = null, CancellationToken token = default) =>
        new ScoreTrainer(model ?? new PlantedModel(), options).Fit(rows ?? s_mixed, s_heldOut.Take(3), progress: progress, cancellationToken: token);

    internal static byte[] Bytes(TrainingResult result) => result.Policy.ToBytes();

    private static IEnumerable<TrainingRow> AlternatingOrder(IEnumerable<TrainingRow> rows)
    {
        var epoch = 0;
        return Enumerable.Range(0, 1).SelectMany(_ => epoch++ % 2 == 0 ? rows : rows.Reverse());
    }

    private sealed class Collector(List<StepMetrics> steps) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Metrics is { } metrics)
                steps.Add(metrics);
        }
    }
}
