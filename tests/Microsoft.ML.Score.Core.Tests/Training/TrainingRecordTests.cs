using System.Text;

namespace Microsoft.ML.Score.Training;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class TrainingRecordTests : IDisposable
{
    private const string Step = """{"kind":"step","stage":"WarmUp","step":1,"loss":0.5,"base_cross_entropy":1,"cross_entropy":1.25,"performance_reward":-0.24,"compression_reward":0.25,"safe_share":0.5,"retention":0.75,"gradient_norm":2,"logit_mean":-3,"logit_deviation":4,"videos_without_safe":0,"videos_without_spread":1,"seconds":0.125}""";
    private const string Validation = """{"kind":"validation","stage":"WarmUp","step":1,"retention_ratio":0.1,"cross_entropy":1.5,"base_cross_entropy":1,"is_best":true,"seconds":2}""";
    private const string Verdict = """{"kind":"verdict","step":1,"went_wrong":true,"text":"It went wrong."}""";

    private readonly TemporaryFolder _folder = new();

    private string Path => _folder.File("metrics.jsonl");

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Read_WholeTraining_GivesWhatProgressTold()
    {
        List<StepMetrics> steps = [];
        List<ValidationMetrics> validations = [];
        var options = ScoreTrainerTests.Small(metricsPath: Path) with { FurtherValidationRatios = [0.25, 0.5], Patience = 9 };

        var result = ScoreTrainerTests.Train(options, progress: new Reporter(progress =>
        {
            if (progress.Metrics is { } step)
                steps.Add(step);
            if (progress.Validation is { } validation)
                validations.Add(validation);
        }));

        var record = TrainingRecord.Read(Path);
        Assert.That(record.Steps, Is.EqualTo(steps).And.Count.EqualTo(7));
        Assert.That(record.Validations.Select(Plain), Is.EqualTo(validations.Select(Plain)));
        Assert.That(record.Validations.Select(validation => validation.Step), Is.EqualTo(new[] { 0, 2, 3, 5, 7 }));
        Assert.That(record.Validations.Select(validation => validation.FurtherCrossEntropies), Is.EqualTo(validations.Select(validation => validation.FurtherCrossEntropies)));
        Assert.That(record.Validations.Select(validation => Bits(validation.FirstVideo!)), Is.EqualTo(validations.Select(validation => Bits(validation.FirstVideo!))));
        Assert.That((record.Verdict, record.WentWrong, record.Model, record.ModelFingerprint, record.InitialPolicy), Is.EqualTo((result.Verdict, result.WentWrong, "planted", "0123abcd", (string?)null)));
        Assert.That(record.Options! with { FurtherValidationRatios = options.FurtherValidationRatios }, Is.EqualTo(options with { MetricsPath = null }));
        Assert.That(record.Options!.FurtherValidationRatios, Is.EqualTo(options.FurtherValidationRatios));

        static ValidationMetrics Plain(ValidationMetrics validation) => validation with { FurtherCrossEntropies = null, FirstVideo = null };
    }

    [Test]
    public void Read_RecordOfAnEarlierVersion_LeavesWhatItLacksNull()
    {
        Write(Validation.Replace("\"step\":1", "\"step\":0", StringComparison.Ordinal), Step, Validation, Verdict);

        var record = TrainingRecord.Read(Path);

        Assert.That(record.Steps, Is.EqualTo(new[] { new StepMetrics(TrainingStage.WarmUp, 1, 0.5, 1, 1.25, -0.24, 0.25, 0.5, 0.75, 2, -3, 4, 0, 1, 0.125) }));
        Assert.That((record.Steps[0].RewardDeviation, record.Steps[0].VideosWithoutAdvantage, record.Steps[0].MaskEntropy), Is.EqualTo(((double?)null, (double?)null, (double?)null)));
        Assert.That(record.Validations[1], Is.EqualTo(new ValidationMetrics(TrainingStage.WarmUp, 1, 0.1, 1.5, 1, true, 2)));
        Assert.That((record.Version, record.Model, record.Options, record.Verdict, record.WentWrong), Is.EqualTo(((string?)null, (string?)null, (TrainerOptions?)null, "It went wrong.", true)));
    }

    [Test]
    public void Read_RunOfAVersionWithFewerSettings_TakesTheirDefaults()
    {
        Write("""{"kind":"run","step":0,"version":"0.9.0","model":"m","model_fingerprint":"f","options":{"seed":7,"warm_up_tau":1.5}}""");

        var options = TrainingRecord.Read(Path).Options!;
        Assert.That(options with { FurtherValidationRatios = [] }, Is.EqualTo(new TrainerOptions { Seed = 7, WarmUpTau = 1.5 }));
        Assert.That(options.FurtherValidationRatios, Is.Empty);
    }

    /// <summary>At any moment of a training, and after a kill, the record holds all whole lines; before the first there is nothing to show.</summary>
    [Test]
    public void Read_CutOffAnywhere_HoldsTheWholeLines()
    {
        ScoreTrainerTests.Train(ScoreTrainerTests.Small(metricsPath: Path));
        var whole = File.ReadAllBytes(Path);

        for (var length = 1; length < whole.Length; length++)
        {
            File.WriteAllBytes(Path, whole[..length]);
            var text = Encoding.UTF8.GetString(whole, 0, length) + (whole[length] == '\n' ? "\n" : "");
            if (!text.Contains('\n', StringComparison.Ordinal))
            {
                Assert.That(() => TrainingRecord.Read(Path), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("has no whole line yet"), $"cut after {length} bytes");
                continue;
            }

            var record = TrainingRecord.Read(Path);

            Assert.That(
                (record.Steps.Count, record.Validations.Count, record.Verdict is not null),
                Is.EqualTo((Lines(text, "step"), Lines(text, "validation"), Lines(text, "verdict") == 1)), $"cut after {length} bytes");
        }

        static int Lines(string text, string kind) => text.Split('\n')[..^1].Count(line => line.StartsWith($"{{\"kind\":\"{kind}\"", StringComparison.Ordinal));
    }

    [Test]
    public void Read_EveryByteChanged_IsReadOrRefused()
    {
        ScoreTrainerTests.Train(ScoreTrainerTests.Small(metricsPath: Path) with { WarmUpSteps = 1, MainSteps = 1, FurtherValidationRatios = [0.5] });
        var whole = File.ReadAllBytes(Path);
        var allowance = 4 * DamagedFile.Allocated(() => TrainingRecord.Read(Path)) + (1 << 20);

        foreach (var variant in DamagedFile.Variants(whole))
        {
            File.WriteAllBytes(Path, variant);
            DamagedFile.ReadsOrRefuses(variant, allowance, () => TrainingRecord.Read(Path));
        }
    }

    [TestCase(2, "a share is outside", "\"safe_share\":0.5", "\"safe_share\":1.5")]
    [TestCase(2, "a number is not finite", "\"loss\":0.5", "\"loss\":1e999")]
    [TestCase(2, "a number is below 0", "\"gradient_norm\":2", "\"gradient_norm\":-2")]
    [TestCase(2, "seconds", ",\"seconds\":0.125", "")]
    [TestCase(2, "there is no stage 7", "\"stage\":\"WarmUp\",\"step\":1,\"loss\"", "\"stage\":7,\"step\":1,\"loss\"")]
    [TestCase(2, "step 0 comes after step 0", "\"step\":1,\"loss\"", "\"step\":0,\"loss\"")]
    [TestCase(2, "loss", "\"loss\":0.5", "\"loss\":\"0.5\"")]
    [TestCase(2, "does not begin with the kind", "{\"kind\":\"step\"", "{\"sort\":\"step\"")]
    [TestCase(3, "a ratio is outside", "\"retention_ratio\":0.1,\"cross_entropy\":1.5", "\"retention_ratio\":0,\"cross_entropy\":1.5")]
    [TestCase(3, "A mask of 2x3x4 tokens has 1 bytes", "\"seconds\":2}", "\"seconds\":2,\"first_video\":{\"time_steps\":2,\"height\":3,\"width\":4,\"kept\":\"AA==\"}}")]
    [TestCase(3, "A mask is damaged", "\"seconds\":2}", "\"seconds\":2,\"first_video\":{\"time_steps\":2}}")]
    [TestCase(4, "the verdict is empty", "It went wrong.", "")]
    public void Read_DamagedLine_NamesFileLineAndFault(int line, string fault, string what, string becomes)
    {
        var start = """{"kind":"run","step":0,"version":"0.9.0","model":"m","model_fingerprint":"f","options":{}}""";
        string[] lines = [start, Step, Validation, Verdict];
        Assert.That(lines[line - 1], Does.Contain(what));
        lines[line - 1] = lines[line - 1].Replace(what, becomes, StringComparison.Ordinal);
        Write(lines);

        Assert.That(() => TrainingRecord.Read(Path), Throws.TypeOf<InvalidDataException>()
            .With.Message.StartsWith($"'{Path}', line {line}: ").And.Message.Contains(fault).IgnoreCase.And.Message.Contains("not a metrics record"));
    }

    [Test]
    public void Read_LineBehindTheVerdictOrSecondRun_IsRefused()
    {
        Write(Step, Verdict, Validation);
        Assert.That(() => TrainingRecord.Read(Path), Throws.TypeOf<InvalidDataException>().With.Message.Contains("line 3: It stands behind the verdict"));
        Write(Step, """{"kind":"run","step":0,"version":"0.9.0","model":"m","model_fingerprint":"f","options":{}}""");
        Assert.That(() => TrainingRecord.Read(Path), Throws.TypeOf<InvalidDataException>().With.Message.Contains("line 2: It tells of a run"));
        File.WriteAllText(Path, "");
        Assert.That(() => TrainingRecord.Read(Path), Throws.TypeOf<InvalidDataException>().With.Message.Contains("has 0 bytes"));
        File.WriteAllText(Path, "step,loss\n");
        Assert.That(() => TrainingRecord.Read(Path), Throws.TypeOf<InvalidDataException>().With.Message.Contains("line 1"));
    }

    [Test]
    public void Read_WhileTheTrainingWrites_HoldsTheStepsSoFar()
    {
        List<int> counts = [];

        ScoreTrainerTests.Train(ScoreTrainerTests.Small(metricsPath: Path), progress: new Reporter(progress =>
        {
            if (progress.Metrics is not null)
                counts.Add(TrainingRecord.Read(Path).Steps.Count);
        }));

        Assert.That(counts, Is.EqualTo(Enumerable.Range(1, 7)));
    }

    private void Write(params string[] lines) => File.WriteAllText(Path, string.Concat(lines.Select(line => line + "\n")));

    private static bool[] Bits(ValidationMask mask) =>
        [.. from step in Enumerable.Range(0, mask.TimeSteps) from row in Enumerable.Range(0, mask.Height) from column in Enumerable.Range(0, mask.Width) select mask.Keeps(step, row, column)];
}
