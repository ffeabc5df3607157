using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Evaluation;

/// <summary>
/// The average of several benchmarks' main figures, a benchmark counting as much as another, and comparisons of systems on it. The pairs
/// stay together: a resample draws whole videos, within each benchmark, for both systems at once. The standard error is of first
/// order (the delta method). Immutable.
/// </summary>
public sealed class BenchmarkAverage
{
    private const int Resamples = 2000;

    private readonly (BenchmarkResult Result, BenchmarkMetric Metric)[] _benchmarks;

    /// <param name="benchmarks">The results, at least one, and the figure that each is measured by.</param>
    /// <exception cref="ArgumentException">There is no benchmark.</exception>
    public BenchmarkAverage(IReadOnlyList<(BenchmarkResult Result, BenchmarkMetric Metric)> benchmarks)
    {
        ArgumentNullException.ThrowIfNull(benchmarks);
        if (benchmarks.Count == 0)
            throw new ArgumentException("An average needs at least one benchmark.", nameof(benchmarks));

        _benchmarks = [.. benchmarks];
    }

    /// <summary>The average of one system, or several averaged.</summary>
    /// <param name="systems">Systems of every result.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    /// <exception cref="ArgumentException">A system was not run, or a benchmark has no question.</exception>
    public Estimate Accuracy(IReadOnlyCollection<BenchmarkSystem> systems, long seed = 0) => Compare(systems, systems, (first, _) => first, _ => (1, 0), seed)!;

    /// <summary>The average of the first minus that of the second.</summary>
    /// <inheritdoc cref="Kept"/>
    public Estimate Difference(IReadOnlyCollection<BenchmarkSystem> first, IReadOnlyCollection<BenchmarkSystem> second, long seed = 0) =>
        Compare(first, second, (one, other) => one - other, _ => (1, -1), seed)!;

    /// <summary>
    /// The average of the first as a share of that of the second: the accuracy that a compressor keeps; null where the second has no right
    /// answer.
    /// </summary>
    /// <param name="first">One system, or several to average.</param>
    /// <param name="second">The systems to compare with.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    /// <exception cref="ArgumentException">A system was not run, or a benchmark has no question.</exception>
    public Estimate? Kept(IReadOnlyCollection<BenchmarkSystem> first, IReadOnlyCollection<BenchmarkSystem> second, long seed = 0) =>
        Compare(first, second, (one, other) => one / other, means => (1 / means.Second, -means.First / (means.Second * means.Second)), seed);

    /// <param name="first">What gives the first mean.</param>
    /// <param name="second">What gives the second.</param>
    /// <param name="statistic">Of the two means.</param>
    /// <param name="gradient">Its derivatives by them, at the means of the full set.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    private Estimate? Compare(
        IReadOnlyCollection<BenchmarkSystem> first, IReadOnlyCollection<BenchmarkSystem> second, Func<double, double, double> statistic,
        Func<(double First, double Second), (double First, double Second)> gradient, long seed)
    {
        var benchmarks = _benchmarks.Select(benchmark => Clusters(benchmark, first, second)).ToArray();
        var means = Means(benchmarks.Select(clusters => clusters.Aggregate(Add)));
        var value = statistic(means.First, means.Second);
        if (!double.IsFinite(value))
            return null;

        var (byFirst, bySecond) = gradient(means);
        var standardError = Math.Sqrt(benchmarks.Sum(clusters => Variance(clusters, byFirst, bySecond))) / benchmarks.Length;
        var drawn = Enumerable.Range(0, Resamples)
            .Select(resample => Means(benchmarks.Select((clusters, index) => Resample(clusters, new CounterRandom(seed, index), resample))))
            .Select(resampled => statistic(resampled.First, resampled.Second)).Where(double.IsFinite).Order().ToArray();
        return new Estimate(
            value, standardError, Estimate.Quantile(drawn, Estimate.Tail), Estimate.Quantile(drawn, 1 - Estimate.Tail),
            _benchmarks.Sum(benchmark => benchmark.Result.Scores(first).Count), benchmarks.Sum(clusters => clusters.Length));
    }

    /// <summary>The scores of both sides added up by video [cluster] and group of the metric [group].</summary>
    private static Tally[][] Clusters(
        (BenchmarkResult Result, BenchmarkMetric Metric) benchmark, IReadOnlyCollection<BenchmarkSystem> first, IReadOnlyCollection<BenchmarkSystem> second)
    {
        var (ones, others) = (benchmark.Result.Scores(first), benchmark.Result.Scores(second));
        var questions = benchmark.Result.Questions.Where(question => question.System == first.First()).ToList();
        var groups = questions.SelectMany(benchmark.Metric.Groups).Distinct(StringComparer.Ordinal).Index()
            .ToDictionary(group => group.Item, group => group.Index, StringComparer.Ordinal);
        return [.. questions.GroupBy(question => question.VideoId, StringComparer.Ordinal).Select(video =>
        {
            var tallies = new Tally[groups.Count];
            foreach (var question in video)
                foreach (var group in benchmark.Metric.Groups(question))
                    tallies[groups[group]] += new Tally(ones[(question.VideoId, question.Number)], others[(question.VideoId, question.Number)], 1);
            return tallies;
        })];
    }

    private static Tally[] Resample(Tally[][] clusters, CounterRandom random, int resample)
    {
        var sum = new Tally[clusters[0].Length];
        for (var draw = 0; draw < clusters.Length; draw++)
        {
            var cluster = clusters[random.Below((long)resample * clusters.Length + draw, clusters.Length)];
            for (var group = 0; group < sum.Length; group++)
                sum[group] += cluster[group];
        }

        return sum;
    }

    /// <summary>The mean over benchmarks of the mean over groups of the mean in each; a group that a resample lacks does not count.</summary>
    private static (double First, double Second) Means(IEnumerable<Tally[]> benchmarks)
    {
        var means = benchmarks.Select(groups => groups.Where(group => group.Count > 0).ToList())
            .Select(groups => (First: groups.Average(group => group.First / group.Count), Second: groups.Average(group => group.Second / group.Count))).ToList();
        return (means.Average(mean => mean.First), means.Average(mean => mean.Second));
    }

    /// <summary>The sum of squares of what each cluster adds to the statistic, as <see cref="Estimate"/> has it for one mean.</summary>
    private static double Variance(Tally[][] clusters, double byFirst, double bySecond)
    {
        var all = clusters.Aggregate(Add);
        return clusters.Sum(cluster => Math.Pow(cluster.Zip(all, (part, whole) =>
            (byFirst * (part.First - whole.First / whole.Count * part.Count) + bySecond * (part.Second - whole.Second / whole.Count * part.Count)) / whole.Count).Sum() / all.Length, 2));
    }

    private static Tally[] Add(Tally[] left, Tally[] right) => [.. left.Zip(right, (one, other) => one + other)];

    private readonly record struct Tally(double First, double Second, int Count)
    {
        public static Tally operator +(Tally left, Tally right) => new(left.First + right.First, left.Second + right.Second, left.Count + right.Count);
    }
}
