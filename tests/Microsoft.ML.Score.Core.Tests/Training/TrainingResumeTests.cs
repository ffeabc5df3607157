using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Training;

/// <summary>A run that is stopped anywhere and goes on gives the bits of an undisturbed run, metrics record included.</summary>
[TestFixture]
public class TrainingResumeTests
{
    private string _folder = "";

    private string Checkpoint => Path.Combine(_folder, "checkpoint.safetensors");
    private string Metrics => Path.Combine(_folder, "metrics.jsonl");
    private TrainerOptions Options => ScoreTrainerTests.Small(_folder, metricsPath: Metrics);

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("score-training").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [TestCase(true)]  // the process is killed: only what was written before remains
    [TestCase(false)] // an exception passes through the trainer, which then writes its last step
    public void Fit_StoppedAtAnyCallOfTheModel_ResumesToEqualBytes(bool killed)
    {
        var model = new PlantedModel();
        var expected = Train(model);
        var expectedMetrics = File.ReadAllBytes(Metrics);

        for (var stop = 0; stop < model.Calls; stop++)
        {
            Directory.Delete(_folder, recursive: true);
            Directory.CreateDirectory(_folder);
            byte[]? written = null;
            var stopping = new PlantedModel();
            stopping.BeforeCall = () =>
            {
                if (stopping.Calls < stop)
                    return;
                written = File.Exists(Checkpoint) ? File.ReadAllBytes(Checkpoint) : null;
                throw new IOException("stop");
            };
            Assert.That(() => Train(stopping), Throws.TypeOf<IOException>());
            if (killed && written is null)
                File.Delete(Checkpoint);
            else if (killed)
                File.WriteAllBytes(Checkpoint, written!);

            Assert.That(Train(new PlantedModel()), Is.EqualTo(expected), $"policy after a stop at call {stop}");
            Assert.That(File.ReadAllBytes(Metrics), Is.EqualTo(expectedMetrics), $"metrics after a stop at call {stop}");
        }
    }

    [Test]
    public void Fit_Cancelled_LeavesACheckpointOfTheLastStep()
    {
        var expected = ScoreTrainerTests.Bytes(ScoreTrainerTests.Train(ScoreTrainerTests.Small()));
        using var cancellation = new CancellationTokenSource();
        var atStep3 = new Reporter(progress => { if (progress.Metrics is { Step: 3 }) cancellation.Cancel(); });

        Assert.That(() => ScoreTrainerTests.Train(Options, progress: atStep3, token: cancellation.Token), Throws.InstanceOf<OperationCanceledException>());
        List<int> steps = [];
        var resumed = ScoreTrainerTests.Train(Options, progress: new Reporter(progress => { if (progress.Metrics is { } metrics) steps.Add(metrics.Step); }));

        Assert.That(steps, Is.EqualTo(new[] { 4, 5, 6, 7 }));
        Assert.That(ScoreTrainerTests.Bytes(resumed), Is.EqualTo(expected));
    }

    [Test]
    public void Fit_CheckpointOfAFinishedRun_ReturnsItsPolicyWithoutTraining()
    {
        var expected = Train(new PlantedModel());
        var model = new PlantedModel();
        Assert.That(Train(model), Is.EqualTo(expected));
        Assert.That(model.Calls, Is.Zero);
    }

    [Test]
    public void Fit_CheckpointOfOtherOptions_NamesTheDifference()
    {
        Train(new PlantedModel());
        Assert.That(() => ScoreTrainerTests.Train(ScoreTrainerTests.Small(_folder, seed: 5)), Throws.InvalidOperationException.With.Message.Contains("Seed was '1', is '5'"));
    }

    [Test]
    public void Fit_CheckpointOfRowsRoundedOtherwise_IsRefused()
    {
        Train(new PlantedModel());

        Assert.That(
            () => new ScoreTrainer(new PlantedModel(), Options) { FeatureType = TensorType.BF16 }.Fit([PlantedModel.Example(0, 5)]),
            Throws.InvalidOperationException.With.Message.Contains("FeatureType was 'f32', is 'bf16'").And.Message.Contains("Give the same settings"));
    }

    [Test]
    public void Fit_CheckpointCutOffAnywhere_ThrowsInvalidData()
    {
        Train(new PlantedModel());
        var bytes = File.ReadAllBytes(Checkpoint);
        foreach (var length in new[] { 0, 7, 100, bytes.Length / 2, bytes.Length - 1 })
        {
            File.WriteAllBytes(Checkpoint, bytes[..length]);
            Assert.That(() => Train(new PlantedModel()), Throws.TypeOf<InvalidDataException>(), $"{length} bytes");
        }
        PolicyNetwork.Initialize(PlantedModel.Dimension).Save(Checkpoint);
        Assert.That(() => Train(new PlantedModel()), Throws.TypeOf<InvalidDataException>().With.Message.Contains("not a training checkpoint"));
    }

    [Test]
    public void Fit_BadRows_LeaveNoCheckpoint()
    {
        Assert.That(() => ScoreTrainerTests.Train(Options, []), Throws.ArgumentException);
        Assert.That(File.Exists(Checkpoint), Is.False);
    }

    private byte[] Train(PlantedModel model)
    {
        var rows = Enumerable.Range(0, 20).Select(i => PlantedModel.Example(i, i % 3 == 0 ? 1 : 5));
        var validation = Enumerable.Range(90, 2).Select(i => PlantedModel.Example(i, 5));
        return new ScoreTrainer(model, Options, new StoppedClock()).Fit(rows, validation).Policy.ToBytes();
    }

    private sealed class StoppedClock : TimeProvider
    {
        public override long GetTimestamp() => 0;
    }
}
