using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Training;

/// <summary>A row that cannot be used ends training with its own error, or counts for nothing: the policy is that of the data without it.</summary>
[TestFixture]
public class UnusableRowsTests
{
    private static readonly TrainerOptions s_options = new()
    {
        WarmUpSteps = 4,
        MainSteps = 9,
        BatchSize = 2,
        Rollouts = 2,
        HiddenWidth = 2,
        ValidationInterval = 3,
        CheckpointInterval = 1,
        SkipUnusableRows = true,
    };

    [Test]
    public void Fit_UnusableRowsSkipped_GivesThePolicyOfTheDataWithoutThem()
    {
        var expected = Fit(Sound());

        var actual = Fit(WithUnusable());

        Assert.That(actual.Policy.Parameters.ToArray(), Is.EqualTo(expected.Policy.Parameters.ToArray()));
        Assert.That(actual.Warnings, Has.One.EqualTo("Passed over in training: 5 rows cannot be used, the first: missing still"));
        Assert.That(expected.Warnings, Has.None.Contains("cannot be used"));
    }

    [Test]
    public void Fit_UnusableRowNotSkipped_ThrowsItsError()
    {
        var options = s_options with { SkipUnusableRows = false };

        Assert.That(() => new ScoreTrainer(new PlantedModel(), options).Fit(WithUnusable()), Throws.TypeOf<FileNotFoundException>().With.Message.EqualTo("missing still"));
    }

    [Test]
    public void Fit_CaptionThatTheModelRefuses_IsNamedBeforeItsVideoIsRead()
    {
        TrainingRow[] rows = [PlantedModel.Example(0, 5), new("a <pad> b", isStill: false, _ => throw new AssertionException("read"))];
        var trainer = new ScoreTrainer(new PlantedModel { Forbidden = "<pad>" }, s_options with { SkipUnusableRows = false, UseWarmUp = false });

        Assert.That(() => trainer.Fit(rows), Throws.ArgumentException.With.Message.Contains("The caption of row 1 contains '<pad>'."));
    }

    [Test]
    public void Fit_LongCaption_IsRefusedByItsLength()
    {
        TrainingRow Row(int length) => new(new string('a', length), isStill: false, token => PlantedModel.Example(0, 5).ReadVideo(token));
        var trainer = new ScoreTrainer(new PlantedModel(), s_options with { SkipUnusableRows = false, UseWarmUp = false, MainSteps = 1 });

        Assert.That(trainer.Fit([Row(32768)]).Steps, Is.EqualTo(1));
        Assert.That(() => trainer.Fit([Row(32769)]), Throws.ArgumentException.With.Message.Contains("row 0 has 32769 characters; expected at most 32768"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Fit_AllRowsUnusable_EndsAtOnce(bool useWarmUp)
    {
        var read = 0;
        var rows = Enumerable.Range(0, 3).Select(index => Unusable(false, () => { read++; return new InvalidDataException($"bad {index}"); })).ToArray();

        Assert.That(
            () => new ScoreTrainer(new PlantedModel(), s_options with { UseWarmUp = useWarmUp }).Fit(rows),
            Throws.ArgumentException.With.Message.Contains("3 rows cannot be used, the first: bad 0"));
        Assert.That(read, Is.EqualTo(3));
    }

    [Test]
    public void Fit_UnusableValidationRow_IsLeftOutOfTheMean()
    {
        TrainingRow[] sound = [PlantedModel.Example(90, 5), PlantedModel.Example(91, 5)];
        var trainer = new ScoreTrainer(new PlantedModel(), s_options);
        var expected = trainer.Fit(Sound(), sound);

        var actual = trainer.Fit(Sound(), [sound[0], Unusable(false, () => new InvalidDataException("bad")), sound[1]]);

        Assert.That((actual.BestCrossEntropy, actual.Policy.ToBytes()), Is.EqualTo((expected.BestCrossEntropy, expected.Policy.ToBytes())));
        Assert.That(actual.Warnings, Has.One.EqualTo("Passed over in validation: 1 row cannot be used, the first: bad"));
        Assert.That(() => trainer.Fit(Sound(), [Unusable(false, () => new InvalidDataException("bad"))]), Throws.ArgumentException.With.Message.Contains("the first: bad"));
    }

    [Test]
    public void Fit_StoppedAtAnyCallOfTheModel_ResumesToEqualBytes()
    {
        var expected = Fit(WithUnusable()).Policy.ToBytes();
        var whole = new PlantedModel();
        new ScoreTrainer(whole, s_options).Fit(WithUnusable());

        for (var stop = 1; stop < whole.Calls; stop += 3)
        {
            using var folder = new TemporaryFolder();
            var options = s_options with { CheckpointFolder = folder.Path };
            var stopping = new PlantedModel();
            stopping.BeforeCall = () => { if (stopping.Calls >= stop) throw new IOException("stop"); };
            Assert.That(() => new ScoreTrainer(stopping, options).Fit(WithUnusable()), Throws.TypeOf<IOException>());

            Assert.That(new ScoreTrainer(new PlantedModel(), options).Fit(WithUnusable()).Policy.ToBytes(), Is.EqualTo(expected), $"after a stop at call {stop}");
        }
    }

    /// <summary>A video that is gone after some steps was used before: the order counts it there, in a run that goes on too.</summary>
    [Test]
    public void Fit_VideoGoneDuringTraining_ResumesToTheSameBytes()
    {
        using var folder = new TemporaryFolder();
        var options = s_options with { UseWarmUp = false, MainSteps = 14 };
        var expected = Train(options, stopAfter: int.MaxValue, isGone: false).Policy.ToBytes();
        var sound = new ScoreTrainer(new PlantedModel(), options).Fit(Videos(() => false)).Policy.ToBytes();

        var resuming = options with { CheckpointFolder = folder.Path };
        Assert.That(() => Train(resuming, stopAfter: 10, isGone: false), Throws.InstanceOf<OperationCanceledException>());
        var resumed = Train(resuming, stopAfter: int.MaxValue, isGone: true).Policy.ToBytes();

        Assert.That(resumed, Is.EqualTo(expected));
        Assert.That(resumed, Is.Not.EqualTo(sound));

        static TrainingResult Train(TrainerOptions options, int stopAfter, bool isGone)
        {
            using var cancellation = new CancellationTokenSource();
            var progress = new Reporter(value =>
            {
                isGone |= value is { Metrics: not null, Step: >= 4 };
                if (value is { Metrics: not null } && value.Step == stopAfter)
                    cancellation.Cancel();
            });
            return new ScoreTrainer(new PlantedModel(), options).Fit(Videos(() => isGone), null, null, progress, cancellation.Token);
        }

        static TrainingRow[] Videos(Func<bool> isGone) => [.. Enumerable.Range(0, 5).Select(index => new TrainingRow(
            "object object", isStill: false, token => index == 2 && isGone() ? throw new FileNotFoundException("gone") : PlantedModel.Example(index, 5).ReadVideo(token)))];
    }

    private static TrainingResult Fit(TrainingRow[] rows) => new ScoreTrainer(new PlantedModel(), s_options).Fit(rows);

    private static TrainingRow[] Sound() => [.. Enumerable.Range(0, 12).Select(index => PlantedModel.Example(index, index % 2 == 0 ? 1 : 5))];

    private static TrainingRow[] WithUnusable()
    {
        var rows = Sound().ToList();
        rows.Insert(12, Unusable(false, () => new UnauthorizedAccessException("locked")));
        rows.Insert(7, new TrainingRow("nan", isStill: false, _ => new VideoTokens(new TokenGrid(2, 3, 4), PlantedModel.Dimension, (float[])[float.NaN, .. new float[2 * 12 * PlantedModel.Dimension - 1]])));
        rows.Insert(4, Unusable(true, () => new ArgumentException("too narrow")));
        rows.Insert(3, Unusable(false, () => new InvalidDataException("broken video")));
        rows.Insert(0, Unusable(true, () => new FileNotFoundException("missing still")));
        return [.. rows];
    }

    private static TrainingRow Unusable(bool isStill, Func<Exception> fault) => new("object", isStill, _ => throw fault());
}
