using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Training;

/// <summary>What is judged from the steps, from when on, and where the line is.</summary>
[TestFixture]
public class TrainingHealthTests
{
    private static readonly StepSigns s_well = new(BaseCrossEntropy: 1, SafeShare: 0.8, VideosWithoutSafe: 0.05, VideosWithoutSpread: 0.05, Retention: 0.1, LogitMean: -2, LogitDeviation: 3);

    [TestCase(0.0, 20, nameof(TroubleKind.Safety))]
    [TestCase(0.009, 20, nameof(TroubleKind.Safety))]
    [TestCase(0.011, 20, null)]
    [TestCase(0.989, 20, null)]
    [TestCase(0.991, 20, nameof(TroubleKind.Safety))]
    [TestCase(1.0, 20, nameof(TroubleKind.Safety))]
    [TestCase(0.0, 19, null)]
    public void Of_SafeShare_IsJudgedOverAWholeWindow(double share, int steps, string? expected) =>
        Assert.That(Kinds(s_well with { SafeShare = share }, steps), Is.EqualTo(Expected(expected)));

    [TestCase(0.29, 0.29, null)]
    [TestCase(0.31, 0.0, nameof(TroubleKind.Videos))]
    [TestCase(0.0, 0.31, nameof(TroubleKind.Videos))]
    public void Of_VideosThatTeachLittle_AreJudgedByEitherShare(double withoutSafe, double withoutSpread, string? expected) =>
        Assert.That(Kinds(s_well with { VideosWithoutSafe = withoutSafe, VideosWithoutSpread = withoutSpread }), Is.EqualTo(Expected(expected)));

    // A tenth and ten times the odds of 0.1, 1 to 9, are 1 to 90 and 10 to 9.
    [TestCase(0.10, 0.012, null)]
    [TestCase(0.10, 0.010, nameof(TroubleKind.Retention))]
    [TestCase(0.10, 0.52, null)]
    [TestCase(0.10, 0.53, nameof(TroubleKind.Retention))]
    [TestCase(0.25, 0.02, nameof(TroubleKind.Retention))]
    [TestCase(0.10, 1.0, nameof(TroubleKind.Retention))]
    [TestCase(0.10, 0.0, nameof(TroubleKind.Retention))]
    [TestCase(1.0, 0.5, nameof(TroubleKind.Retention))]
    [TestCase(1.0, 1.0, null)]
    public void Of_Retention_MayDifferTenfoldInOdds(double ratio, double retention, string? expected) =>
        Assert.That(Kinds(s_well with { Retention = retention }, options: new TrainerOptions { RetentionRatio = ratio }), Is.EqualTo(Expected(expected)));

    [TestCase(60, 41, nameof(TroubleKind.Saturation))]
    [TestCase(-60, 41, nameof(TroubleKind.Saturation))]
    [TestCase(-15, 36, null)]
    public void Of_Logits_AreJudgedAtOnceAndExplainTheRest(double mean, double deviation, string? expected)
    {
        var state = State(s_well with { LogitMean = mean, LogitDeviation = deviation, SafeShare = expected is null ? 0.5 : 1 }, steps: 1);

        Assert.That(Kinds(state, new TrainerOptions()), Is.EqualTo(Expected(expected)));
    }

    [TestCase(59, false, null)]
    [TestCase(60, false, nameof(TroubleKind.Validation))]
    [TestCase(20, true, nameof(TroubleKind.Validation))]
    [TestCase(0, true, null)]
    public void Of_ValidationThatNeverGains_IsJudgedAfterThreeOrAtTheEnd(int validatedStep, bool atEnd, string? expected)
    {
        var state = State(s_well);
        (state.UntrainedCrossEntropy, state.ValidatedStep, state.BestStep) = (1.5, validatedStep, 0);

        Assert.That(Kinds(state, new TrainerOptions(), atEnd), Is.EqualTo(Expected(expected)));
        state.BestStep = 20;
        Assert.That(Kinds(state, new TrainerOptions(), atEnd), Is.Empty);
    }

    [TestCase(8, 2.07, null)]
    [TestCase(8, 2.09, nameof(TroubleKind.Model))]
    [TestCase(null, 100, null)]
    public void Of_BaseCrossEntropy_IsJudgedAtTheEndAgainstGuessing(int? vocabulary, double crossEntropy, string? expected)
    {
        var state = State(s_well with { BaseCrossEntropy = crossEntropy }, steps: 3);

        Assert.That(Kinds(state, new TrainerOptions(), atEnd: true, vocabulary), Is.EqualTo(Expected(expected)));
        Assert.That(Kinds(state, new TrainerOptions(), atEnd: false, vocabulary), Is.Empty);
    }

    [Test]
    public void See_MoreStepsThanTheWindow_KeepsTheLast()
    {
        var state = State(s_well);
        for (var i = 0; i < 25; i++)
        {
            state.StepInStage++; // the first begins anew
            state.See(new StepMetrics(TrainingStage.Main, i, 0, 1, 1, 0, 0, SafeShare: i / 100.0, 0.1, 0, 0, 0, 0, 0, 0));
            Assert.That(state.Recent, Has.Count.EqualTo(Math.Min(i + 1, TrainingHealth.Window)));
        }

        Assert.That(state.Recent.Select(step => step.SafeShare), Is.EqualTo(Enumerable.Range(5, 20).Select(i => i / 100.0)));
    }

    private static string[] Expected(string? kind) => kind is null ? [] : [kind];

    private static string[] Kinds(StepSigns step, int steps = TrainingHealth.Window, TrainerOptions? options = null) => Kinds(State(step, steps), options ?? new TrainerOptions());

    private static string[] Kinds(TrainerState state, TrainerOptions options, bool atEnd = false, int? vocabulary = 100) =>
        [.. new TrainingHealth(options, new VideoModelInfo("m", "00", 1) { VocabularySize = vocabulary }).Of(state, atEnd).Select(trouble => trouble.Kind.ToString())];

    private static TrainerState State(StepSigns step, int steps = TrainingHealth.Window) => new()
    {
        Policy = null!,
        Adam = null!,
        Step = steps,
        Recent = [.. Enumerable.Repeat(step, steps)],
    };
}
