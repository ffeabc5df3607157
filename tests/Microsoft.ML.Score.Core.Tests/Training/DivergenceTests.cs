using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Training;

/// <summary>Training whose numbers leave the finite ones ends with an error, and what it leaves behind is finite.</summary>
[TestFixture]
public class DivergenceTests
{
    private static readonly TrainingRow[] s_rows = [.. Enumerable.Range(0, 12).Select(i => PlantedModel.Example(i, i % 3 == 0 ? 1 : 5))];

    [TestCase(1e6)]
    [TestCase(1e12)]
    [TestCase(1e18)]
    [TestCase(1e25)]
    [TestCase(1e30)]
    [TestCase(1e38)]
    [TestCase(1e39)]
    [TestCase(double.MaxValue)]
    public void Fit_AnyHugeLearningRate_EndsFiniteOrDivergesAndKeepsTheLastFiniteState(double learningRate)
    {
        using var folder = new TemporaryFolder();
        var options = Options() with { LearningRate = learningRate, WarmUpSteps = 30, UseMainStage = false, CheckpointFolder = folder.Path, CheckpointInterval = 3 };

        var (policy, error) = Fit(options);

        if (policy is not null)
        {
            Assert.That(learningRate, Is.LessThan(1e18), "a larger one diverges");
            Assert.That(s_rows.All(row => policy.Logits(row.ReadVideo()).All(float.IsFinite)));
            return;
        }

        var step = error!.Message.Split("diverged at step ")[1].Split(',')[0];
        Assert.That(error.Message, Does.Contain("not finite").And.Contain("learning rate of").And.Contain("lower LearningRate"));
        Assert.That(double.IsFinite(error.OffendingNumber), Is.False);
        var taken = int.Parse(step) - 1;
        Assert.That(File.Exists(folder.File("checkpoint.safetensors")), Is.EqualTo(taken > 0));
        if (taken == 0)
            return;
        Assert.That(error.Message, Does.Contain($"after step {taken}, is in the checkpoint folder '{folder.Path}'"));
        using var checkpoint = SafetensorsFile.Open(folder.File("checkpoint.safetensors"));
        Assert.That(checkpoint.Metadata["step"], Is.EqualTo($"{taken}"));
        foreach (var name in new[] { "policy", "adam.first_moment", "adam.second_moment" })
            Assert.That(checkpoint.ReadSingle(name).All(float.IsFinite), name);
        // A run of just the steps before gives the same weights: the step that diverged has left no trace.
        Assert.That(checkpoint.ReadSingle("policy"), Is.EqualTo(Fit(options with { WarmUpSteps = taken, CheckpointFolder = null }).Policy!.Parameters.ToArray()));
    }

    [Test]
    public void Fit_DivergedRunAgain_DivergesAtTheSameStep()
    {
        using var folder = new TemporaryFolder();
        var options = Options() with { LearningRate = 1e18, WarmUpSteps = 30, CheckpointFolder = folder.Path };

        var first = Fit(options).Error!.Message;
        var checkpoint = File.ReadAllBytes(folder.File("checkpoint.safetensors"));

        Assert.That(Fit(options).Error!.Message, Is.EqualTo(first));
        Assert.That(File.ReadAllBytes(folder.File("checkpoint.safetensors")), Is.EqualTo(checkpoint));
        Assert.That(
            () => new ScoreTrainer(new PlantedModel(), options with { LearningRate = 0.005 }).Fit(s_rows),
            Throws.InvalidOperationException.With.Message.Contains("LearningRate was '1E+18', is '0.005'"));
    }

    [Test]
    public void Fit_OnlyStepGivesWeightsThatOverflow_Diverges()
    {
        var error = Fit(Options() with { LearningRate = 1e30, WarmUpSteps = 1, UseMainStage = false }).Error!;

        Assert.That(error.Message, Does.Contain("step 1").And.Contain("logits after the step are not finite").And.Contain("No step was taken"));
    }

    [TestCase(1e15, false)]
    [TestCase(1e20, false)]
    [TestCase(1e30, true)]
    [TestCase(1e100, true)]
    [TestCase(1e307, true)]
    [TestCase(1e308, true)]
    public void Fit_HugeCrossEntropies_TrainWhileTheStateIsFinite(double scale, bool diverges)
    {
        using var folder = new TemporaryFolder();
        var options = Options() with { MetricsPath = folder.File("metrics.jsonl") };

        var (policy, error) = Fit(options, new PlantedModel { Scale = scale });

        Assert.That(error is not null, Is.EqualTo(diverges), error?.Message);
        Assert.That(policy?.Parameters.ToArray().All(float.IsFinite), diverges ? Is.Null : Is.True);
        Assert.That(File.ReadAllText(folder.File("metrics.jsonl")), Does.Not.Contain("Infinity").And.Not.Contain("NaN"));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Fit_InitialPolicyOfHugeWeights_DivergesBeforeTheFirstStep(bool validated)
    {
        using var folder = new TemporaryFolder();
        var initial = PolicyNetwork.Initialize(PlantedModel.Dimension, 4);
        initial.Parameters.Fill(3e38f);
        var trainer = new ScoreTrainer(new PlantedModel(), Options() with { CheckpointFolder = folder.Path });

        Assert.That(
            () => trainer.Fit(s_rows, validated ? s_rows : null, initial),
            Throws.TypeOf<NotFiniteNumberException>().With.Message.Contains("step 1").And.Message.Contains(validated ? "logits of the validation" : "logits are").And.Message.Contains("No step was taken"));
        Assert.That(File.Exists(folder.File("checkpoint.safetensors")), Is.False);
    }

    [Test]
    public void Fit_PolicyThatOverflowsOnAValidationVideoOnly_Diverges()
    {
        var video = s_rows[1].ReadVideo();
        var large = new TrainingRow(new VideoTokens(video.Grid, video.Dimension, video.Vectors.ToArray().Select(value => value * 1e38f).ToArray()), "object");
        var initial = PolicyNetwork.Initialize(PlantedModel.Dimension, 4, useNormalization: false);
        foreach (ref var weight in initial.W1)
            weight *= 100;
        var trainer = new ScoreTrainer(new PlantedModel(), Options());

        Assert.That(() => trainer.Fit(s_rows, [large], initial), Throws.TypeOf<NotFiniteNumberException>().With.Message.Contains("logits of the validation"));
    }

    [Test]
    public void Fit_RowsThatDoNotComeAgain_SaysSoInsteadOfEndingEarly()
    {
        var rows = new Queue<TrainingRow>(s_rows);
        IEnumerable<TrainingRow> Once()
        {
            while (rows.TryDequeue(out var row))
                yield return row;
        }

        Assert.That(
            () => new ScoreTrainer(new PlantedModel(), Options() with { UseWarmUp = false, MainSteps = 20 }).Fit(Once()),
            Throws.ArgumentException.With.Message.Contains("After step 4 there are no rows any more"));
    }

    [TestCase(float.NaN)]
    [TestCase(float.PositiveInfinity)]
    public void Save_PolicyThatIsNotFinite_WritesNothing(float value)
    {
        using var folder = new TemporaryFolder();
        var policy = PolicyNetwork.Initialize(2, 2);
        policy.Parameters[5] = value;
        var options = new TrainerOptions();
        var state = new TrainerState { Policy = policy, Adam = new Adam(policy.Parameters.Length) };

        Assert.That(() => policy.Save(folder.File("x")), Throws.InvalidOperationException.With.Message.Contains("Weight 5"));
        Assert.That(() => policy.ToBytes(), Throws.InvalidOperationException);
        Assert.That(() => TrainerCheckpoint.Save(folder.File("x"), state, options.Identity()), Throws.ArgumentException.With.Message.Contains("Value 5 of 'policy'"));
        Assert.That(Directory.GetFiles(folder.Path), Is.Empty);
    }

    private static TrainerOptions Options() => ScoreTrainerTests.Small() with { BatchSize = 2 };

    private static (PolicyNetwork? Policy, NotFiniteNumberException? Error) Fit(TrainerOptions options, PlantedModel? model = null)
    {
        try
        {
            return (new ScoreTrainer(model ?? new PlantedModel(), options).Fit(s_rows).Policy, null);
        }
        catch (NotFiniteNumberException error)
        {
            return (null, error);
        }
    }
}
