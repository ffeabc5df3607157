using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Evaluation;

[TestFixture]
public class MultipleChoiceBenchmarkTests
{
    private static readonly BenchmarkSystem s_first = new(new FirstTokens(), 0.5);
    private static readonly BenchmarkSystem s_few = new(new FirstTokens(), 0.1);

    [Test]
    public void Evaluate_SeveralSystems_EncodesEachVideoOnceAndCompressesItForEach()
    {
        using var model = new CountingModel();
        var compressor = new FirstTokens();

        var result = new TwoVideos().Evaluate(model, [BenchmarkSystem.AllTokens, new(compressor, 0.5), new(compressor, 0.1)]);

        Assert.Multiple(() =>
        {
            // The first of each is the warm-up; what takes no time is done up to five times for the sake of its time.
            Assert.That(model.Encoded, Is.EqualTo(1 + 2));
            Assert.That(compressor.Videos.CountBy(video => video).Skip(1).Select(count => count.Value), Has.Exactly(2).Items.And.All.InRange(2, 10));
            Assert.That(result.Videos, Has.Count.EqualTo(6));
            Assert.That(result.Questions, Has.Count.EqualTo(15));
            Assert.That(result.Videos.Select(video => video.KeptCount), Is.EqualTo(new[] { 10, 5, 1, 10, 5, 1 }));
        });
    }

    /// <summary>The fake answers "yes" with all ten tokens, "no" with five and nonsense with one; the truth is yes, yes / yes, no, no.</summary>
    [Test]
    public void Evaluate_FakeAnswers_GiveTheHandWorkedNumbers()
    {
        using var model = new CountingModel();

        var run = new TwoVideos().Evaluate(model, [BenchmarkSystem.AllTokens, s_first, s_few]);
        var result = BenchmarkResult.Of(
            [run], [new(BenchmarkSystem.AllTokens) { RetentionRatio = 0.5, IsReference = true }, new(s_first), new(s_few), new(BenchmarkSystem.AllTokens, s_first)]);
        var (all, first, few, both) = (result.Systems[0], result.Systems[1], result.Systems[2], result.Systems[3]);

        Assert.Multiple(() =>
        {
            Assert.That(all.Accuracy.Value, Is.EqualTo(0.6).Within(1e-12));
            Assert.That(first.Accuracy.Value, Is.EqualTo(0.4).Within(1e-12));
            Assert.That(few.Accuracy.Value, Is.Zero);
            Assert.That(few.UnreadableAnswers, Is.EqualTo(5));
            Assert.That(first.UnreadableAnswers, Is.Zero);
            // By video +1, +1 and +1, -1, -1: mean 0.2, residuals 2 - 0.4 and -1 - 0.6.
            Assert.That(first.ReferenceMinusThis!.Value, Is.EqualTo(0.2).Within(1e-12));
            Assert.That(first.ReferenceMinusThis!.StandardError, Is.EqualTo(Math.Sqrt(2 * 1.6 * 1.6) / 5).Within(1e-12));
            Assert.That(first.Benchmarks[0].ReferenceMinusThis!.StandardError, Is.EqualTo(Math.Sqrt(2 * 1.6 * 1.6) / 5).Within(1e-12));
            // Averaged over both: 0.5 of each question.
            Assert.That((both.Runs, both.Accuracy.Value, both.Accuracy.StandardError), Is.EqualTo((2, 0.5, 0.0)));
            Assert.That(first.Benchmarks[0].ByCategory.Select(row => (row.Name, row.Estimate.Value, row.Estimate.Count)), Is.EqualTo(new[] { ("even", 1.0 / 3, 3), ("odd", 0.5, 2) }));
            Assert.That(first.Benchmarks[0].Metrics.Select(metric => metric.Name), Is.EqualTo(new[] { "accuracy", "mean over tasks" }));
            Assert.That(first.Benchmarks[0].Metrics.Select(metric => metric.Estimate.Value), Is.EqualTo(new[] { 0.4, 5.0 / 12 }).Within(1e-12));
            Assert.That(first.Benchmarks[0].ByLength.Select(row => (row.Name, row.Estimate.Count)), Is.EqualTo(new[] { ("short", 2), ("long", 3) }));
            Assert.That((run.ChanceLevel, result.Benchmarks[0].ChanceLevel), Is.EqualTo((0.5, 0.5)));
            Assert.That(run.OfLength("long").Questions.Select(question => question.LengthClass).Distinct(), Is.EqualTo(new[] { "long" }));
            Assert.That(BenchmarkResult.Of(run.OfLength("long")).Systems[1].Benchmarks[0].ByLength.Single(), Is.EqualTo(first.Benchmarks[0].ByLength[1]));
            Assert.That(run.OfLength("long").Videos, Has.Count.EqualTo(run.Videos.Count / 2));
            Assert.That((first.Tokens, first.Retention), Is.EqualTo((5.0, 0.5)));
            // 1/kept for the first video; the second has no caption.
            Assert.That((first.CaptionCrossEntropy!.Value, first.CaptionCrossEntropy.Count), Is.EqualTo((0.2, 1)));
        });
    }

    [Test]
    public void Evaluate_InParallel_GivesTheSameRecords()
    {
        using var model = new CountingModel();
        var benchmark = new SyntheticBenchmark(4, [VideoLength.Short]);

        var serial = benchmark.Evaluate(model, [s_first]);
        var parallel = benchmark.Evaluate(model, [s_first], new BenchmarkOptions { MaxDegreeOfParallelism = 4 });

        // Lists are compared by reference: those of categories apart.
        Assert.That(parallel.Questions.Select(question => question with { Categories = [], PrefillTime = default, GenerationTime = default }), Is.EqualTo(serial.Questions.Select(question => question with { Categories = [], PrefillTime = default, GenerationTime = default })));
    }

    [Test]
    public void Evaluate_BadArguments_Throw()
    {
        using var model = new CountingModel();
        var benchmark = new TwoVideos();

        Assert.Multiple(() =>
        {
            Assert.That(() => benchmark.Evaluate(model, []), Throws.ArgumentException);
            Assert.That(() => benchmark.Evaluate(model, [s_first, s_first]), Throws.ArgumentException);
            Assert.That(() => benchmark.Evaluate(model, [s_first], new BenchmarkOptions { MaxAnswerTokens = 0 }), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => new BenchmarkSystem(new FirstTokens(), 0), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => new SyntheticBenchmark(0), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => new SyntheticBenchmark(1, [VideoLength.Short, VideoLength.Short]), Throws.ArgumentException);
        });
    }

    [Test]
    public void Evaluate_FailingModel_ThrowsTheModelsError()
    {
        using var model = new CountingModel { Failure = new InvalidOperationException("The kernel failed.") };

        Assert.That(() => new TwoVideos().Evaluate(model, [s_first]), Throws.InvalidOperationException.With.Message.EqualTo("The kernel failed."));
    }

    [Test]
    public void Evaluate_UnreadableVideo_IsLeftOutAndReported()
    {
        using var model = new CountingModel();

        var result = new TwoVideos { Broken = 0 }.Evaluate(model, [s_first]);

        Assert.That(result.UnreadableVideos, Is.EqualTo(new[] { "Frame 3 cannot be decoded." }));
        Assert.That(result.Questions.Select(question => question.VideoId).Distinct(), Is.EqualTo(new[] { "video 1" }));
    }

    [Test]
    public void Evaluate_NoReadableVideo_Throws()
    {
        using var model = new CountingModel { Failure = new InvalidDataException("The frame is broken.") };

        Assert.That(() => new TwoVideos().Evaluate(model, [s_first]), Throws.TypeOf<InvalidDataException>().With.Message.Contains("2 cannot be read ('video 0': The frame is broken."));
    }

    [Test]
    public void Evaluate_SystemsOfACount_KeepsThatManyOfEveryVideo([Range(1, 12)] int count)
    {
        using var model = new CountingModel();
        var system = BenchmarkSystem.OfCount(new FirstTokens(), count);

        var result = new TwoVideos().Evaluate(model, [system]);

        Assert.That(result.Videos.Select(video => video.KeptCount), Is.All.EqualTo(Math.Min(count, 10)));
        Assert.That(system.ToString(), Is.EqualTo($"first tokens at {count} tokens"));
    }

    [Test]
    public void Evaluate_LowResolutionOfAModelOfOneSize_Throws()
    {
        using var model = new CountingModel();

        Assert.That(() => new TwoVideos().Evaluate(model, [BenchmarkSystem.Reencoded(0.1)]), Throws.ArgumentException.With.Message.Contains("low resolution at 10%"));
    }

    /// <summary>Three steps of 2x2 tokens: half of them are two of four tokens a step.</summary>
    [Test]
    public void Evaluate_LowResolution_EncodesTheVideoAgainWithinTheBudget()
    {
        using var model = new ScalableModel();

        var result = new TwoVideos().Evaluate(model, [BenchmarkSystem.AllTokens, BenchmarkSystem.Reencoded(0.5), BenchmarkSystem.Reencoded(0.01)]);

        Assert.That(model.Limits, Is.EqualTo(new[] { 2, 1, 2, 1 }));
        Assert.That(result.Videos.Select(video => (video.TokenCount, video.KeptCount)), Is.EqualTo(new[] { (12, 12), (12, 6), (12, 3), (12, 12), (12, 6), (12, 3) }));
        Assert.That(BenchmarkResult.Of(result).Systems.Select(row => row.Retention), Is.EqualTo(new[] { 1, 0.5, 0.25 }));
    }

    [Test]
    public void Evaluate_Cancelled_Stops()
    {
        using var model = new CountingModel();

        Assert.That(() => new TwoVideos().Evaluate(model, [s_first], cancellationToken: new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void SyntheticBenchmark_Videos_AreThoseOfTheTestSplit()
    {
        var benchmark = new SyntheticBenchmark(3);

        Assert.Multiple(() =>
        {
            Assert.That(Enumerable.Range(0, benchmark.Count).Select(index => benchmark.GetVideo(index).Id), Is.EqualTo(new[]
            {
                "test-short-0", "test-short-1", "test-short-2", "test-medium-0", "test-medium-1", "test-medium-2", "test-long-0", "test-long-1", "test-long-2",
            }));
            Assert.That(() => benchmark.GetVideo(9), Throws.TypeOf<ArgumentOutOfRangeException>());
        });
    }

    private sealed class ScalableModel : IScalableVideoModel
    {
        public List<int> Limits { get; } = [];

        public VideoModelInfo Info { get; } = new("fake", "fake", 1);

        public VideoTokens Encode(VideoClip clip, CancellationToken cancellationToken = default) => new(new TokenGrid(3, 2, 2), 1, new float[12]);

        public VideoTokens EncodeScaled(VideoClip clip, int tokensPerStep, CancellationToken cancellationToken = default)
        {
            Limits.Add(tokensPerStep);
            return new(new TokenGrid(3, 1, tokensPerStep), 1, new float[3 * tokensPerStep]);
        }

        public double[] CrossEntropy(IReadOnlyList<KeptTokens> keptSets, string question, string target, CancellationToken cancellationToken = default) => [1.0];

        public string Generate(
            KeptTokens kept, string question, GenerationOptions? options = null, Action<string>? onText = null, CancellationToken cancellationToken = default) => "yes";

        public void Dispose()
        {
        }
    }
}
