namespace Microsoft.ML.Score.Evaluation;

/// <summary>What of an evaluation is timed, and what of the times is told.</summary>
[TestFixture]
public class BenchmarkTimesTests
{
    private static readonly BenchmarkSystem s_first = new(new FirstTokens(), 0.5);

    [Test]
    public void Evaluate_Times_AreSplitAtTheFirstPieceOfTheAnswer()
    {
        var clock = new StepClock();
        using var model = new CountingModel { BeforeText = () => clock.Advance(30), AfterText = () => clock.Advance(12), BeforeEncoding = () => clock.Advance(5) };

        var result = new TwoVideos { Clock = clock }.Evaluate(model, [BenchmarkSystem.AllTokens, s_first], new BenchmarkOptions { TimeProvider = clock });

        var rows = BenchmarkResult.Of(result).Systems;
        Assert.Multiple(() =>
        {
            Assert.That(rows[1].Times.Prefill.TotalMilliseconds, Is.EqualTo(30));
            Assert.That(rows[1].Times.Generation.TotalMilliseconds, Is.EqualTo(12));
            Assert.That(rows[1].Times.Decoding.TotalMilliseconds, Is.EqualTo(7));
            Assert.That(rows[1].Times.Encoding.TotalMilliseconds, Is.EqualTo(5));
            Assert.That(rows.Select(row => row.SpeedUp), Is.EqualTo(new[] { 1.0, 1.0 }));
            Assert.That(result.Videos.Select(video => video.PeakMemory), Is.All.GreaterThan(1 << 20));
        });
    }

    /// <summary>The model says when its prefill is over, 20 ms before the first piece of text.</summary>
    [Test]
    public void Evaluate_ModelThatSaysWhenItHasReadThePrompt_PrefillEndsThere()
    {
        var clock = new StepClock();
        using var model = new CountingModel { BeforePrefilled = () => clock.Advance(10), BeforeText = () => clock.Advance(20), AfterText = () => clock.Advance(12) };

        var result = new TwoVideos { Clock = clock }.Evaluate(model, [s_first], new BenchmarkOptions { TimeProvider = clock });

        Assert.That(result.Questions.Select(question => (question.PrefillTime.TotalMilliseconds, question.GenerationTime.TotalMilliseconds)), Is.All.EqualTo((10.0, 32.0)));
    }

    /// <summary>The first calls are slow, as of code that is not compiled: 500 ms each, of which no record knows.</summary>
    [Test]
    public void Evaluate_SlowFirstCalls_AreNotTimed()
    {
        var clock = new StepClock();
        var (encodings, answers) = (0, 0);
        using var model = new CountingModel
        {
            BeforeEncoding = () => clock.Advance(encodings++ == 0 ? 500 : 5),
            BeforeText = () => clock.Advance(answers++ == 0 ? 500 : 30),
        };

        var result = new TwoVideos { Clock = clock }.Evaluate(model, [s_first], new BenchmarkOptions { TimeProvider = clock });

        Assert.That(result.Videos.Select(video => video.EncodingTime.TotalMilliseconds), Is.All.EqualTo(5));
        Assert.That(result.Questions.Select(question => question.PrefillTime.TotalMilliseconds), Is.All.EqualTo(30));
    }

    /// <summary>A compression takes 4 ms, then 0, 1, 2 and 3, and so on: the time of one is 2.</summary>
    [Test]
    public void Evaluate_ShortCompression_HasTheMedianTimeOfSeveral()
    {
        var clock = new StepClock();
        int[] times = [4, 0, 1, 2, 3];
        var calls = 0;
        var compressor = new FirstTokens { Before = () => clock.Advance(times[calls++ % 5]) };
        using var model = new CountingModel();

        var result = new TwoVideos { Clock = clock }.Evaluate(model, [new(compressor, 0.5)], new BenchmarkOptions { TimeProvider = clock });

        Assert.That(result.Videos.Select(video => video.CompressionTime.TotalMilliseconds), Is.All.EqualTo(2));
    }

    /// <summary>Five questions take 10, 20, 30, 40 and 1000 ms: the mean is 220, the middle one 30.</summary>
    [Test]
    public void Evaluate_OneQuestionThatWaited_DoesNotMoveTheTimes()
    {
        using var model = new CountingModel();
        var run = new TwoVideos().Evaluate(model, [s_first]);
        int[] times = [10, 1000, 30, 20, 40];
        var timed = new BenchmarkRun(run.Name, run.Metrics, run.Videos, [.. run.Questions.Zip(times, (question, time) => question with { PrefillTime = TimeSpan.FromMilliseconds(time) })]);

        var result = BenchmarkResult.Of(timed).Systems.Single();

        Assert.That(result.Times.Prefill.TotalMilliseconds, Is.EqualTo(30));
    }
}
