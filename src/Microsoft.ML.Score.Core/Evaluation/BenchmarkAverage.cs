using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Evaluation;

/// <summary>
/// The average of several benchmarks' main figures, a benchmark counting as much as another, and comparisons of rows on it. A resample draws
/// whole videos within each benchmark, once for all rows, so that pairs stay together. Standard errors are of first order (the delta
/// method): of a figure f(x, y) of two rows' averages the variance is that of f_x*x + f_y*y.
/// </summary>
internal sealed class BenchmarkAverage
{
    private readonly ClusteredScores[] _benchmarks;
    private readonly double[] _means;
    private readonly double[][] _resampled;
    private readonly int _questions;
    private readonly int _videos;

    /// <param name="benchmarks">The scores of each benchmark, with the same columns.</param>
    /// <param name="questions">The number of questions of each.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    public BenchmarkAverage(ClusteredScores[] benchmarks, int[] questions, long seed)
    {
        _benchmarks = benchmarks;
        (_questions, _videos) = (questions.Sum(), benchmarks.Sum(benchmark => benchmark.Clusters));
        _means = Mean([.. benchmarks.Select(benchmark => benchmark.Means())]);
        var resampled = benchmarks.Select((benchmark, index) => benchmark.ResampledMeans(new CounterRandom(seed, index))).ToList();
        _resampled = [.. _means.Select((_, row) => Mean([.. resampled.Select(rows => rows[row])]))];
    }

    /// <summary>A row's average.</summary>
    public Estimate Accuracy(int row) => Estimate(_means[row], row, 1, row, 0, _resampled[row]);

    /// <summary>The average of the first row minus that of the second.</summary>
    public Estimate Difference(int first, int second) =>
        Estimate(_means[first] - _means[second], first, 1, second, -1, _resampled[first].Zip(_resampled[second], (x, y) => x - y));

    /// <summary>The average of a row as a share of that of another: the accuracy that a compressor keeps; null where the other has no right answer.</summary>
    public Estimate? Share(int row, int whole)
    {
        var (x, y) = (_means[row], _means[whole]);
        return y == 0 ? null : Estimate(x / y, row, 1 / y, whole, -x / (y * y), _resampled[row].Zip(_resampled[whole], (part, all) => part / all).Where(double.IsFinite));
    }

    private Estimate Estimate(double value, int first, double byFirst, int second, double bySecond, IEnumerable<double> resampled)
    {
        var variance = _benchmarks.Sum(benchmark => benchmark.Variance(first, byFirst, second, bySecond));
        var standardError = Math.Sqrt(variance) / _benchmarks.Length;
        return Evaluation.Estimate.OfResampled(value, standardError, [.. resampled], _questions, _videos);
    }

    /// <summary>The mean over benchmarks, element by element.</summary>
    private static double[] Mean(double[][] benchmarks) => [.. benchmarks[0].Select((_, index) => benchmarks.Average(values => values[index]))];
}
