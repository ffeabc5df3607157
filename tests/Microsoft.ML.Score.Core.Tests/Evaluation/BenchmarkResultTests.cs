using Microsoft.ML.Score.Compression;

namespace Microsoft.ML.Score.Evaluation;

[TestFixture]
public class BenchmarkAverageTests
{
    private static readonly BenchmarkSystem[] s_all = [BenchmarkSystem.AllTokens];
    private static readonly BenchmarkSystem[] s_few = [new(new UniformCompressor(), 0.1)];

    [Test]
    public void OneBenchmark_AccuracyAndDifference_AreTheBenchmarksOwn()
    {
        var result = Result([(0, true, false), (0, true, true), (1, false, true), (2, true, false), (2, true, true), (2, false, false)]);
        var average = new BenchmarkAverage([(result, BenchmarkMetric.Accuracy)]);

        var (accuracy, difference) = (average.Accuracy(s_all), average.Difference(s_few, s_all));

        Assert.Multiple(() =>
        {
            Assert.That(accuracy.Value, Is.EqualTo(result.Accuracy(s_all).Value).Within(1e-12));
            Assert.That(accuracy.StandardError, Is.EqualTo(result.Accuracy(s_all).StandardError).Within(1e-12));
            Assert.That((accuracy.Count, accuracy.Clusters), Is.EqualTo((6, 3)));
            Assert.That(difference.Value, Is.EqualTo(result.Difference(s_few, s_all).Value).Within(1e-12));
            Assert.That(difference.StandardError, Is.EqualTo(result.Difference(s_few, s_all).StandardError).Within(1e-12));
        });
    }

    /// <summary>Table 1 of the paper: DyCoke at 40% has 39.8, 70.0 and 64.9, all tokens 38.3, 69.7 and 63.8; 58.2 and 57.3 on average, 101.7% kept.</summary>
    [Test]
    public void Kept_ThreeBenchmarks_IsTheRatioOfTheirAveragesAsInThePaper()
    {
        var benchmarks = new[] { (398, 383), (700, 697), (649, 638) }.Select(right => (Result(
            [.. Enumerable.Range(0, 1000).Select(question => (question, question < right.Item2, question < right.Item1))]), BenchmarkMetric.Accuracy)).ToList();
        var average = new BenchmarkAverage(benchmarks);

        Assert.That(100 * average.Accuracy(s_few).Value, Is.EqualTo(58.2).Within(0.05));
        Assert.That(100 * average.Accuracy(s_all).Value, Is.EqualTo(57.3).Within(0.05));
        Assert.That(100 * average.Kept(s_few, s_all)!.Value, Is.EqualTo(101.7).Within(0.05));
    }

    /// <summary>The interval and the standard error of the ratio against their own simulation: many sets drawn from one population.</summary>
    [Test]
    public void Kept_Interval_CoversTheTruthAsOftenAsItSays()
    {
        var random = new Random(5);
        var covered = 0;
        var (ratios, errors) = (new List<double>(), new List<double>());
        for (var trial = 0; trial < 60; trial++)
        {
            var questions = Enumerable.Range(0, 400).Select(question =>
            {
                var right = random.NextDouble() < 0.6;
                return (question / 4, right, random.NextDouble() < (right ? 0.9 : 0.15));
            });
            var kept = new BenchmarkAverage([(Result([.. questions]), BenchmarkMetric.Accuracy)]).Kept(s_few, s_all)!;
            ratios.Add(kept.Value);
            errors.Add(kept.StandardError);
            covered += kept.Low <= 1 && 1 <= kept.High ? 1 : 0;
        }

        var deviation = Math.Sqrt(ratios.Average(ratio => Math.Pow(ratio - ratios.Average(), 2)));
        Assert.That(covered, Is.InRange(52, 60));
        Assert.That(errors.Average(), Is.EqualTo(deviation).Within(0.3 * deviation));
    }

    [Test]
    public void Kept_NothingRightWithAllTokens_IsNull() =>
        Assert.That(new BenchmarkAverage([(Result([(0, false, true)]), BenchmarkMetric.Accuracy)]).Kept(s_few, s_all), Is.Null);

    [Test]
    public void Accuracy_MacroMetric_WeighsTasksEqually()
    {
        var result = Result([(0, true, true), (0, true, true), (1, true, true), (2, false, true)], question => question == 3 ? "rare" : "common");

        var average = new BenchmarkAverage([(result, BenchmarkMetric.MeanOverTasks)]).Accuracy(s_all);

        Assert.That(average.Value, Is.EqualTo(0.5).Within(1e-12));
        Assert.That(average.Value, Is.EqualTo(result.MacroAccuracy(s_all).Value).Within(1e-12));
        Assert.That(average.StandardError, Is.EqualTo(result.MacroAccuracy(s_all).StandardError).Within(1e-12));
    }

    private static BenchmarkResult Result((int Video, bool All, bool Few)[] questions, Func<int, string>? category = null)
    {
        var videos = new[] { s_all[0], s_few[0] }.SelectMany(system => questions.Select(question => question.Video).Distinct()
            .Select(video => new VideoResult(system, $"{video}", "short", 10, 1, null, new BenchmarkTimes(default, default, default, default), 0)));
        var answers = questions.Index().SelectMany(item => new[] { Answer(s_all[0], item, item.Item.All), Answer(s_few[0], item, item.Item.Few) });
        return new BenchmarkResult([.. videos], [.. answers]);

        QuestionResult Answer(BenchmarkSystem system, (int Index, (int Video, bool, bool) Item) question, bool right) =>
            new(system, $"{question.Item.Video}", "short", question.Index, category?.Invoke(question.Index) ?? "all", "", right ? 0 : 1, 0);
    }
}
