using System.Numerics;
using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Evaluation;

/// <summary>
/// Scores of several columns in clusters (videos) and groups (categories), added up once. The figure of a column is its macro mean: the
/// mean over groups of the mean in each. A resample draws whole clusters, the same for every column: columns stay paired, and nothing
/// is drawn twice. Immutable.
/// </summary>
internal sealed class ClusteredScores
{
    private readonly int _columns;
    private readonly int _groups;
    private readonly int[] _counts;
    private readonly double[] _sums;
    private readonly int[] _totalCounts;
    private readonly double[] _totals;

    /// <param name="samples">Where each score belongs, at least one: its cluster, its group, and the row of the scores; a row may be in several groups.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="score">The score of a row and column.</param>
    public ClusteredScores(IReadOnlyList<(string Cluster, string Group, int Row)> samples, int columns, Func<int, int, double> score)
    {
        var clusters = Numbered(samples.Select(sample => sample.Cluster));
        var groups = Numbered(samples.Select(sample => sample.Group));
        (_columns, _groups, Clusters, Count) = (columns, groups.Count, clusters.Count, samples.Count);
        _counts = new int[Clusters * _groups];
        _sums = new double[_counts.Length * columns];
        _totalCounts = new int[_groups];
        _totals = new double[_groups * columns];
        foreach (var sample in samples)
        {
            var group = groups[sample.Group];
            var cell = clusters[sample.Cluster] * _groups + group;
            _counts[cell]++;
            _totalCounts[group]++;
            for (var column = 0; column < columns; column++)
            {
                var value = score(sample.Row, column);
                _sums[cell * columns + column] += value;
                _totals[group * columns + column] += value;
            }
        }
    }

    /// <summary>Number of scores of a column, a score counting in each of its groups.</summary>
    public int Count { get; }

    /// <summary>Number of clusters.</summary>
    public int Clusters { get; }

    /// <summary>The macro mean of every column.</summary>
    public double[] Means()
    {
        var means = new double[_columns];
        WriteMeans(_totals, _totalCounts, means);
        return means;
    }

    /// <summary>The macro means of every column in every resample, [column][resample]. A group that a resample lacks does not count in it.</summary>
    /// <param name="random">Decides the resamples: the same source and number of clusters draw the same ones.</param>
    /// <param name="resamples">How many.</param>
    public double[][] ResampledMeans(CounterRandom random, int resamples = Evaluation.Estimate.DefaultResamples)
    {
        double[][] resampled = [.. Enumerable.Range(0, _columns).Select(_ => new double[resamples])];
        var (counts, sums, means) = (new int[_groups], new double[_groups * _columns], new double[_columns]);
        for (var resample = 0; resample < resamples; resample++)
        {
            Array.Clear(counts);
            Array.Clear(sums);
            for (var draw = 0; draw < Clusters; draw++)
            {
                var cluster = random.Below((long)resample * Clusters + draw, Clusters);
                Add(_counts.AsSpan(cluster * counts.Length, counts.Length), counts);
                Add(_sums.AsSpan(cluster * sums.Length, sums.Length), sums);
            }

            WriteMeans(sums, counts, means);
            for (var column = 0; column < _columns; column++)
                resampled[column][resample] = means[column];
        }

        return resampled;
    }

    /// <summary>
    /// The variance of a*(mean of one column) + b*(mean of another), to first order: the sum of squares of what each cluster adds to it. A score adds
    /// its distance from its group's mean, over the group's size and the number of groups.
    /// </summary>
    /// <param name="first">The one column.</param>
    /// <param name="a">Its factor.</param>
    /// <param name="second">The other column.</param>
    /// <param name="b">Its factor.</param>
    public double Variance(int first, double a, int second, double b)
    {
        var variance = 0.0;
        for (var cluster = 0; cluster < Clusters; cluster++)
        {
            var influence = 0.0;
            for (var group = 0; group < _groups; group++)
                influence += (a * Distance(cluster, group, first) + b * Distance(cluster, group, second)) / _totalCounts[group];
            variance += Math.Pow(influence / _groups, 2);
        }

        return variance;
    }

    /// <summary>The estimate of a column's macro mean.</summary>
    /// <param name="column">The column.</param>
    /// <param name="resampled">Its part of <see cref="ResampledMeans"/>, which is left as it is.</param>
    public Estimate Estimate(int column, double[] resampled) =>
        Evaluation.Estimate.OfResampled(Means()[column], Math.Sqrt(Variance(column, 1, column, 0)), [.. resampled], Count, Clusters);

    /// <summary>A cluster's sum less what its number of scores makes of the group's mean.</summary>
    private double Distance(int cluster, int group, int column)
    {
        var cell = cluster * _groups + group;
        return _sums[cell * _columns + column] - _totals[group * _columns + column] / _totalCounts[group] * _counts[cell];
    }

    private void WriteMeans(double[] sums, int[] counts, double[] means)
    {
        Array.Clear(means);
        var present = 0;
        for (var group = 0; group < _groups; group++)
            if (counts[group] > 0)
            {
                present++;
                for (var column = 0; column < _columns; column++)
                    means[column] += sums[group * _columns + column] / counts[group];
            }

        for (var column = 0; column < _columns; column++)
            means[column] /= present;
    }

    private static void Add<T>(ReadOnlySpan<T> values, Span<T> sums)
        where T : INumber<T>
    {
        var index = 0;
        for (; index <= sums.Length - Vector<T>.Count; index += Vector<T>.Count)
            (new Vector<T>(sums[index..]) + new Vector<T>(values[index..])).CopyTo(sums[index..]);
        for (; index < sums.Length; index++)
            sums[index] += values[index];
    }

    /// <summary>Numbers in order of appearance.</summary>
    private static Dictionary<string, int> Numbered(IEnumerable<string> names) =>
        names.Distinct(StringComparer.Ordinal).Index().ToDictionary(name => name.Item, name => name.Index, StringComparer.Ordinal);
}
