using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Evaluation;

[TestFixture]
public class BenchmarkResultTests
{
    private static readonly BenchmarkSystem s_few = new(new UniformCompressor(), 0.1);
    private static readonly BenchmarkSystem s_seed = new(new RandomCompressor(1), 0.1);
    private static readonly BenchmarkSystem s_otherSeed = new(new RandomCompressor(2), 0.1);

    private static readonly ComparedSystem[] s_rows =
        [new(BenchmarkSystem.AllTokens), new(s_few) { IsReference = true }, new(s_seed, s_otherSeed), new(BenchmarkSystem.AllTokens) { Name = "all at 10%", RetentionRatio = 0.1 }];

    /// <summary>Each figure one by one: its own samples, its own resamples, as the definitions say it.</summary>
    [Test]
    public void Of_RandomAnswers_IsToTheLastBitEachFigureByItself()
    {
        var run = RandomRun(3, BenchmarkMetric.Accuracy, BenchmarkMetric.MeanOverTasks);

        var rows = BenchmarkResult.Of([run], s_rows, seed: 7).Systems;

        Assert.Multiple(() =>
        {
            foreach (var (row, index) in s_rows.Zip(rows))
            {
                var score = index.Benchmarks[0];
                var samples = Samples(run, row);
                Assert.That(score.Metrics[0].Estimate, Is.EqualTo(Estimate.OfMean(samples.Select(sample => (sample.Video, sample.Score)), 7)), row.Name);
                Assert.That(score.Metrics[1].Estimate, Is.EqualTo(Estimate.OfMacroMean(samples.SelectMany(sample => sample.Tasks, (sample, task) => (sample.Video, task, sample.Score)), 7)), row.Name);
                Assert.That(score.ByLength.Select(length => length.Estimate), Is.EqualTo(new[] { "short", "long" }.Select(length =>
                    Estimate.OfMean(samples.Where(sample => sample.Length == length).Select(sample => (sample.Video, sample.Score)), 7))), row.Name);
                Assert.That(score.ByCategory.Select(category => category.Estimate), Is.EqualTo(new[] { "count", "order", "rare" }.Select(task =>
                    Estimate.OfMean(samples.Where(sample => sample.Tasks.Contains(task)).Select(sample => (sample.Video, sample.Score)), 7))), row.Name);
            }

            var differences = Samples(run, s_rows[1]).Zip(Samples(run, s_rows[2]), (reference, other) => (reference.Video, reference.Score - other.Score));
            Assert.That(rows[2].Benchmarks[0].ReferenceMinusThis, Is.EqualTo(Estimate.OfMean(differences, 7)));
            var losses = Estimate.OfMean(Samples(run, s_rows[1]).Zip(Samples(run, s_rows[0]), (few, all) => (few.Video, few.Score - all.Score)), 7);
            Assert.That(rows[1].MinusAllTokens!.Value, Is.EqualTo(losses.Value).Within(1e-12));
            Assert.That(rows[1].MinusAllTokens!.StandardError, Is.EqualTo(losses.StandardError).Within(1e-12));
            Assert.That(rows[0].MinusAllTokens, Is.Null);
        });
    }

    /// <summary>The bootstrap of an average written out: for each benchmark its own draws, the same for both systems.</summary>
    [Test]
    public void Of_TwoBenchmarks_AveragesAreToTheLastBitTheirOwnBootstrap()
    {
        BenchmarkRun[] runs = [RandomRun(4, BenchmarkMetric.Accuracy), RandomRun(5, BenchmarkMetric.Accuracy)];

        var few = BenchmarkResult.Of(runs, s_rows, seed: 7).Systems[1];

        List<double> accuracies = [], shares = [], differences = [];
        for (var resample = 0; resample < 2000; resample++)
        {
            var means = runs.Select((run, index) =>
            {
                var (mine, all) = (ByVideo(run, s_rows[1]), ByVideo(run, s_rows[0]));
                var random = new CounterRandom(7, index);
                var drawn = Enumerable.Range(0, mine.Count).Select(draw => random.Below((long)resample * mine.Count + draw, mine.Count)).ToList();
                double count = drawn.Sum(video => mine[video].Length);
                return (Mine: drawn.Sum(video => mine[video].Sum()) / count, All: drawn.Sum(video => all[video].Sum()) / count);
            }).ToList();
            accuracies.Add(means.Average(mean => mean.Mine));
            shares.Add(means.Average(mean => mean.Mine) / means.Average(mean => mean.All));
            differences.Add(means.Average(mean => mean.Mine) - means.Average(mean => mean.All));
        }

        Assert.That((few.Accuracy.Low, few.Accuracy.High), Is.EqualTo(Interval(accuracies)));
        Assert.That((few.KeptShare!.Low, few.KeptShare.High), Is.EqualTo(Interval(shares)));
        Assert.That((few.MinusAllTokens!.Low, few.MinusAllTokens.High), Is.EqualTo(Interval(differences)));

        static (double, double) Interval(List<double> values)
        {
            double[] ascending = [.. values.Order()];
            return (At(ascending, 0.025 * 1999), At(ascending, 0.975 * 1999));
        }

        static double At(double[] ascending, double position) => double.Lerp(ascending[(int)position], ascending[(int)position + 1], position - (int)position);
    }

    [Test]
    public void Of_OneBenchmark_AverageHasTheBenchmarksValueAndError()
    {
        var result = BenchmarkResult.Of(Run([(0, true, false), (0, true, true), (1, false, true), (2, true, false), (2, true, true), (2, false, false)]));

        var (average, own) = (result.Systems[0].Accuracy, result.Systems[0].Benchmarks[0].Metrics[0].Estimate);
        Assert.Multiple(() =>
        {
            Assert.That(average.Value, Is.EqualTo(4.0 / 6).Within(1e-12).And.EqualTo(own.Value).Within(1e-12));
            Assert.That(average.StandardError, Is.EqualTo(own.StandardError).Within(1e-12));
            Assert.That((average.Count, average.Clusters), Is.EqualTo((6, 3)));
            Assert.That((result.Benchmarks[0].Questions, result.Benchmarks[0].Videos, result.Benchmarks[0].ChanceLevel), Is.EqualTo((6, 3, 0.5)));
        });
    }

    /// <summary>Table 1 of the paper: DyCoke at 40% has 39.8, 70.0 and 64.9, all tokens 38.3, 69.7 and 63.8; 58.2 and 57.3 on average, 101.7% kept.</summary>
    [Test]
    public void Of_ThreeBenchmarks_KeptShareIsTheRatioOfTheirAveragesAsInThePaper()
    {
        var runs = new[] { (398, 383), (700, 697), (649, 638) }.Select(right => Run(
            [.. Enumerable.Range(0, 1000).Select(question => (question, question < right.Item2, question < right.Item1))])).ToList();

        var rows = BenchmarkResult.Of(runs, [new(BenchmarkSystem.AllTokens), new(s_few)]).Systems;

        Assert.That(100 * rows[1].Accuracy.Value, Is.EqualTo(58.2).Within(0.05));
        Assert.That(100 * rows[0].Accuracy.Value, Is.EqualTo(57.3).Within(0.05));
        Assert.That(100 * rows[1].KeptShare!.Value, Is.EqualTo(101.7).Within(0.05));
    }

    /// <summary>The interval and the standard error of the ratio against their own simulation: many sets drawn from one population.</summary>
    [Test]
    public void Of_KeptShareInterval_CoversTheTruthAsOftenAsItSays()
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
            var kept = BenchmarkResult.Of(Run([.. questions])).Systems[1].KeptShare!;
            ratios.Add(kept.Value);
            errors.Add(kept.StandardError);
            covered += kept.Low <= 1 && 1 <= kept.High ? 1 : 0;
        }

        var deviation = Math.Sqrt(ratios.Average(ratio => Math.Pow(ratio - ratios.Average(), 2)));
        Assert.That(covered, Is.InRange(52, 60));
        Assert.That(errors.Average(), Is.EqualTo(deviation).Within(0.3 * deviation));
    }

    [Test]
    public void Of_NothingRightWithAllTokens_HasNoKeptShare() =>
        Assert.That(BenchmarkResult.Of(Run([(0, false, true)])).Systems.Select(row => row.KeptShare), Is.All.Null);

    /// <summary>A reference is found by its role and budget, whatever it is called.</summary>
    [Test]
    public void Of_Reference_IsComparedWithRowsOfItsBudgetAlone()
    {
        var run = Run([(0, true, false), (1, true, true), (2, false, true), (3, true, true)]);
        ComparedSystem all = new(BenchmarkSystem.AllTokens), few = new(s_few) { Name = "any name", IsReference = true };

        var apart = BenchmarkResult.Of([run], [all, few]).Systems;
        var together = BenchmarkResult.Of([run], [all with { RetentionRatio = 0.1 }, few]).Systems;

        Assert.Multiple(() =>
        {
            Assert.That(apart.Select(row => row.ReferenceMinusThis), Is.All.Null);
            Assert.That(apart.Select(row => row.IsReference), Is.EqualTo(new[] { false, true }));
            Assert.That(apart.Select(row => (row.Name, row.RetentionRatio)), Is.EqualTo(new[] { ("all tokens", (double?)1), ("any name", 0.1) }));
            Assert.That(together[0].ReferenceMinusThis!.Value, Is.Zero);
            // Differences of -1, 0, 1 and 0 on four videos: sqrt(2) / 4.
            Assert.That(together[0].ReferenceMinusThis!.StandardError, Is.EqualTo(Math.Sqrt(2) / 4).Within(1e-12));
            Assert.That(together[1].ReferenceMinusThis, Is.Null);
        });
    }

    [Test]
    public void Of_MacroMetric_WeighsTasksEqually()
    {
        var run = Run([(0, true, true), (0, true, true), (1, true, true), (2, false, true)], question => question == 3 ? "rare" : "common", BenchmarkMetric.MeanOverTasks);

        var row = BenchmarkResult.Of(run).Systems[0];

        Assert.That(row.Accuracy.Value, Is.EqualTo(0.5).Within(1e-12).And.EqualTo(row.Benchmarks[0].Metrics[0].Estimate.Value).Within(1e-12));
        Assert.That(row.Accuracy.StandardError, Is.EqualTo(row.Benchmarks[0].Metrics[0].Estimate.StandardError).Within(1e-12));
    }

    /// <summary>A question of two tasks counts in both: x has 1 of 1, y 1 of 2.</summary>
    [Test]
    public void Of_QuestionOfTwoTasks_CountsInBoth()
    {
        var run = Run([(0, true, true), (0, true, true), (1, false, true)], metric: BenchmarkMetric.MeanOverTasks);
        QuestionCategory x = new(QuestionCategory.Task, "x"), y = new(QuestionCategory.Task, "y");
        IReadOnlyList<QuestionCategory>[] categories = [[x, y], [new("level", "easy")], [y]];
        var classified = new BenchmarkRun(run.Name, run.Metrics, run.Videos, [.. run.Questions.Select(question => question with { Categories = categories[question.Number] })]);

        var score = BenchmarkResult.Of(classified).Systems[0].Benchmarks[0];

        Assert.That(score.ByCategory.Select(category => (category.Name, category.Estimate.Value, category.Estimate.Count)), Is.EqualTo(new[] { ("x", 1.0, 1), ("y", 0.5, 2) }));
        Assert.That(score.Metrics[0].Estimate.Value, Is.EqualTo(0.75));
    }

    [Test]
    public void Of_BadArguments_Throw()
    {
        var run = Run([(0, true, true)]);

        Assert.Multiple(() =>
        {
            Assert.That(() => BenchmarkResult.Of([], [new(s_few)]), Throws.ArgumentException);
            Assert.That(() => BenchmarkResult.Of([run], []), Throws.ArgumentException);
            Assert.That(() => BenchmarkResult.Of([run], [new(s_seed)]), Throws.ArgumentException.With.Message.Contains("random at 10%"));
            Assert.That(() => BenchmarkResult.Of(new BenchmarkRun("empty", run.Metrics, run.Videos, [])), Throws.ArgumentException.With.Message.Contains("No question of empty"));
            Assert.That(() => new ComparedSystem(), Throws.ArgumentException);
            Assert.That(() => run.OfLength("medium"), Throws.ArgumentException.With.Message.Contains("it has short"));
        });
    }

    private static List<(string Video, string Length, string[] Tasks, double Score)> Samples(BenchmarkRun run, ComparedSystem row) =>
    [
        .. run.Questions.Where(question => row.Runs.Contains(question.System)).GroupBy(question => (question.VideoId, question.Number))
            .Select(answers => (answers.Key.VideoId, answers.First().LengthClass, answers.First().Categories.Select(category => category.Name).ToArray(), answers.Average(answer => answer.IsCorrect ? 1.0 : 0.0))),
    ];

    private static List<double[]> ByVideo(BenchmarkRun run, ComparedSystem row) => [.. Samples(run, row).GroupBy(sample => sample.Video).Select(video => video.Select(sample => sample.Score).ToArray())];

    /// <summary>Thirty videos with one to four questions, of which some are of two tasks, answered by four systems.</summary>
    private static BenchmarkRun RandomRun(int seed, params BenchmarkMetric[] metrics)
    {
        var random = new Random(seed);
        BenchmarkSystem[] systems = [BenchmarkSystem.AllTokens, s_few, s_seed, s_otherSeed];
        var (videos, questions) = (new List<VideoRecord>(), new List<QuestionRecord>());
        for (var video = 0; video < 30; video++)
        {
            var length = video % 3 == 0 ? "long" : "short";
            var tasks = Enumerable.Range(0, 1 + random.Next(4)).Select(_ => random.Next(6) switch { 0 => new[] { "rare" }, 1 => ["count", "order"], < 4 => ["count"], _ => ["order"] }).ToList();
            foreach (var system in systems)
            {
                videos.Add(Video(system, $"{video}") with { LengthClass = length });
                questions.AddRange(tasks.Select((names, number) => Question(system, $"{video}", number, random.Next(3) > 0) with
                {
                    LengthClass = length,
                    Categories = [.. names.Select(name => new QuestionCategory(QuestionCategory.Task, name))],
                }));
            }
        }

        // In the order of the first long or short video, as the definitions list them.
        return new BenchmarkRun("random", metrics, [.. videos.Skip(4)], [.. questions.Where(question => question.VideoId != "0")]);
    }

    private static BenchmarkRun Run((int Video, bool All, bool Few)[] questions, Func<int, string>? category = null, BenchmarkMetric? metric = null)
    {
        var videos = new[] { BenchmarkSystem.AllTokens, s_few }.SelectMany(system => questions.Select(question => question.Video).Distinct().Select(video => Video(system, $"{video}")));
        var answers = questions.Index().SelectMany(item => new[] { Answer(BenchmarkSystem.AllTokens, item.Item.All), Answer(s_few, item.Item.Few) }.Select(answer => answer(item.Index, $"{item.Item.Video}")));
        return new BenchmarkRun("test", [metric ?? BenchmarkMetric.Accuracy], [.. videos], [.. answers]);

        Func<int, string, QuestionRecord> Answer(BenchmarkSystem system, bool right) => (number, video) =>
            Question(system, video, number, right) with { Categories = [new(QuestionCategory.Task, category?.Invoke(number) ?? "all")] };
    }

    private static VideoRecord Video(BenchmarkSystem system, string video) => new("test", system.Key, video, 10, 1, null, default, default, default, default, 0) { System = system, LengthClass = "short" };

    private static QuestionRecord Question(BenchmarkSystem system, string video, int number, bool right) =>
        new("test", system.Key, video, number, "", "all", "", right ? 0 : 1, 0, default, default) { System = system, LengthClass = "short" };
}
