using System.Text.Json;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Training;

/// <summary>Training that goes wrong says so: while it runs, once, and at its end.</summary>
[TestFixture]
public class TrainingVerdictTests
{
    private static readonly TrainingRow[] s_rows = [.. Enumerable.Range(0, 40).Select(i => PlantedModel.Example(i, i % 2 == 0 ? 1 : 6))];
    private static readonly TrainingRow[] s_heldOut = [.. Enumerable.Range(200, 10).Select(i => PlantedModel.Example(i, 6))];

    private static readonly TrainerOptions s_options = new() { WarmUpSteps = 20, MainSteps = 40, HiddenWidth = 8, BatchSize = 4, LearningRate = 0.02 };

    [Test]
    public void Fit_PlantedObjects_WentWell()
    {
        var result = new ScoreTrainer(new PlantedModel(), s_options).Fit(s_rows, s_heldOut);

        var origin = result.Policy.Provenance!;
        Assert.That(result.WentWrong, Is.False, result.Verdict);
        Assert.That(result.Verdict, Does.StartWith(FormattableString.Invariant(
            $"It went well: the policy of step {origin.KeptStep} has {result.BestCrossEntropy:F4} nats a token on the validation set with 10% of the tokens, against {origin.UntrainedCrossEntropy:F4} before training.")));
        Assert.That(result.BestCrossEntropy, Is.LessThan(origin.UntrainedCrossEntropy!.Value));
    }

    [TestCase(0.0, "100.0% of the last 20 steps' rollouts are safe")]   // nothing that is dropped matters
    [TestCase(1.0, "0.0% of the last 20 steps' rollouts are safe")]     // all that is dropped does
    public void Fit_RewardThatTellsNothingApart_WarnsOnceAndWentWrong(double penalty, string finding)
    {
        List<TrainingProgress> told = [];
        var result = new ScoreTrainer(new Reward(kept => 1 + (kept < 1 ? penalty : 0)), s_options with { LearningRate = 0.0001 }).Fit(s_rows, progress: new Reporter(told.Add));

        Assert.That(result.Warnings, Has.Exactly(1).Contains(finding));
        Assert.That(told.First(progress => progress.Warning?.Contains(finding) == true).Step, Is.EqualTo(20), "when the window is full");
        Assert.That(result.WentWrong, result.Verdict);
        Assert.That(result.Verdict, Does.StartWith("It went wrong: ").And.Contain(finding).And.Contain(". Try captions"));
    }

    [TestCase(100)]
    [TestCase(1e9)]
    public void Fit_RuinousFiniteLearningRate_WentWrong(double learningRate)
    {
        var result = new ScoreTrainer(new PlantedModel(), s_options with { LearningRate = learningRate, WarmUpSteps = 3, MainSteps = 3 }).Fit(s_rows, s_heldOut);

        Assert.That(result.Warnings, Has.Exactly(1).Contains("the logits reached"));
        Assert.That(result.WentWrong, result.Verdict);
        Assert.That(result.Verdict, Does.Contain("a lower LearningRate (--learning-rate)"));
    }

    [Test]
    public void Fit_NothingLearnt_SaysThatValidationNeverGained()
    {
        // Steps so small that the ranking never changes.
        var result = new ScoreTrainer(new PlantedModel(), s_options with { LearningRate = 1e-12 }).Fit(s_rows, s_heldOut);

        Assert.That(result.Policy.Provenance!.KeptStep, Is.Zero);
        Assert.That(result.WentWrong, result.Verdict);
        Assert.That(result.Verdict, Does.Contain("no validation up to step 60 is below the"));
        Assert.That(result.Warnings, Has.Exactly(1).Contains("no validation up to step 60"));
    }

    [Test]
    public void Fit_FewSteps_IsNotJudgedByThem()
    {
        var result = new ScoreTrainer(new Reward(_ => 1), s_options with { WarmUpSteps = 2, MainSteps = 2 }).Fit(s_rows);

        Assert.That(result.Warnings, Has.None.Contains("goes wrong"));
        Assert.That((result.WentWrong, result.Verdict), Is.EqualTo((false,
            "Nothing went wrong in 4 steps, but without a validation set nothing says how good the policy is: give one (--validation). The last stage's 2 steps are too few to judge more; it takes 20.")));
    }

    [Test]
    public void Fit_MetricsPath_EndsInTheVerdictAlsoWhenGivenAgain()
    {
        using var folder = new TemporaryFolder();
        var options = s_options with { MetricsPath = folder.File("metrics.jsonl"), CheckpointFolder = folder.File("checkpoint") };

        var verdicts = Enumerable.Range(0, 2).Select(_ => new ScoreTrainer(new PlantedModel(), options).Fit(s_rows, s_heldOut).Verdict).ToArray();

        var lines = File.ReadAllLines(folder.File("metrics.jsonl"));
        using var last = JsonDocument.Parse(lines[^1]);
        Assert.That(verdicts[1], Is.EqualTo(verdicts[0]), "the second took no step");
        Assert.That(lines.Count(line => line.Contains("\"kind\":\"verdict\"")), Is.EqualTo(1));
        Assert.That((last.RootElement.GetProperty("kind").GetString(), last.RootElement.GetProperty("step").GetInt32(), last.RootElement.GetProperty("went_wrong").GetBoolean(), last.RootElement.GetProperty("text").GetString()),
            Is.EqualTo(("verdict", 60, false, verdicts[0])));
        Assert.That(ScoreTrainer.IsMetricsFile(folder.File("metrics.jsonl")));
        Assert.That(ScoreTrainer.IsFinishedCheckpoint(folder.File("checkpoint/checkpoint.safetensors")));
    }

    /// <summary>The window goes on over a stop, so that the verdict is an undisturbed run's.</summary>
    [Test]
    public void Fit_StoppedInTheLastWindow_GivesTheVerdictOfAnUndisturbedRun()
    {
        using var folder = new TemporaryFolder();
        Reward Reward() => new(_ => 1);
        var expected = new ScoreTrainer(Reward(), s_options).Fit(s_rows);
        using var stop = new CancellationTokenSource();
        var options = s_options with { CheckpointFolder = folder.Path };

        Assert.That(
            () => new ScoreTrainer(Reward(), options).Fit(s_rows, progress: new Reporter(progress => { if (progress.Metrics is { Step: 55 }) stop.Cancel(); }), cancellationToken: stop.Token),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(ScoreTrainer.IsFinishedCheckpoint(folder.File("checkpoint.safetensors")), Is.False);
        var resumed = new ScoreTrainer(Reward(), options).Fit(s_rows);

        Assert.That((resumed.WentWrong, resumed.Verdict), Is.EqualTo((true, expected.Verdict)));
        Assert.That(resumed.Policy.ToBytes(), Is.EqualTo(expected.Policy.ToBytes()));
    }

    /// <summary>Cross-entropy by the share of tokens kept.</summary>
    private sealed class Reward(Func<double, double> crossEntropy) : IRolloutReward
    {
        public VideoModelInfo Info { get; } = new("m", "00ff", PlantedModel.Dimension);

        public ValueTask<double[]> CrossEntropyAsync(RolloutBatch batch, CancellationToken cancellationToken = default) =>
            new([.. batch.Kept.Select(kept => crossEntropy((double)kept.Length / batch.Video.Grid.Count))]);
    }
}
