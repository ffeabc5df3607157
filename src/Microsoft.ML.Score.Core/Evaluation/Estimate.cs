using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Evaluation;

/// <summary>
/// A mean with its uncertainty when values come in clusters: questions about one video rise and fall together, so videos, not
/// questions, are what was sampled. The standard error is the clustered one of Miller, "Adding Error Bars to Evals" (2024), section 2.2;
/// the interval is the percentile bootstrap over whole clusters.
/// </summary>
/// <param name="Value">The mean over all values, or over groups of the mean in each.</param>
/// <param name="StandardError">
/// sqrt(sum over clusters of (sum of value - mean)^2) / n, or the same of a macro mean's influences; 0 with one cluster, where it says
/// nothing.
/// </param>
/// <param name="Low">Lower end of the 95% interval.</param>
/// <param name="High">Upper end of the 95% interval.</param>
/// <param name="Count">n, number of values.</param>
/// <param name="Clusters">Number of clusters.</param>
public sealed record Estimate(double Value, double StandardError, double Low, double High, int Count, int Clusters)
{
    internal const double Tail = 0.025;

    /// <summary>Estimates the mean of clustered values.</summary>
    /// <param name="samples">Each value with the name of its cluster; at least one, all finite.</param>
    /// <param name="seed">Seed of the bootstrap: the same samples and seed give the same interval.</param>
    /// <param name="resamples">Bootstrap resamples, at least 100. Default 2000.</param>
    /// <exception cref="ArgumentException">There is no sample, or a value is not finite.</exception>
    public static Estimate OfMean(IEnumerable<(string Cluster, double Value)> samples, long seed = 0, int resamples = 2000)
    {
        ArgumentNullException.ThrowIfNull(samples);

        return OfMacroMean(samples.Select(sample => (sample.Cluster, Group: "", sample.Value)), seed, resamples);
    }

    /// <summary>
    /// Estimates the mean over groups of the mean within each, of clustered values: a macro average. A value may be given in
    /// several groups. <see cref="Count"/> is the number of values given; a group that a resample lacks does not count in it.
    /// </summary>
    /// <param name="samples">Each value with the names of its cluster and of its group; at least one, all finite.</param>
    /// <param name="seed">Seed of the bootstrap: the same samples and seed give the same interval.</param>
    /// <param name="resamples">Bootstrap resamples, at least 100. Default 2000.</param>
    /// <exception cref="ArgumentException">There is no sample, or a value is not finite.</exception>
    public static Estimate OfMacroMean(IEnumerable<(string Cluster, string Group, double Value)> samples, long seed = 0, int resamples = 2000)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, 100);
        var values = samples.ToList();
        if (values.Count == 0)
            throw new ArgumentException("A mean needs at least one sample, got none.", nameof(samples));
        if (!double.IsFinite(values.Sum(sample => sample.Value)))
            throw new ArgumentException("All values must be finite.", nameof(samples));

        var groups = values.Select(sample => sample.Group).Distinct(StringComparer.Ordinal).Select((group, index) => (group, index))
            .ToDictionary(group => group.group, group => group.index, StringComparer.Ordinal);
        var clusters = values.GroupBy(sample => sample.Cluster, StringComparer.Ordinal).Select(cluster => Tallies(cluster, groups)).ToArray();
        var all = Tallies(values, groups);

        // A value's influence on the macro mean is its distance from its group's mean over the group's size and the number of groups.
        var standardError = Math.Sqrt(clusters.Sum(cluster => Math.Pow(
            cluster.Zip(all, (part, whole) => (part.Sum - whole.Sum / whole.Count * part.Count) / whole.Count).Sum() / groups.Count, 2)));
        var means = Bootstrap(clusters, groups.Count, new CounterRandom(seed), resamples);
        return new Estimate(MacroMean(all), standardError, Quantile(means, Tail), Quantile(means, 1 - Tail), values.Count, clusters.Length);
    }

    private static Tally[] Tallies(IEnumerable<(string Cluster, string Group, double Value)> samples, Dictionary<string, int> groups)
    {
        var tallies = new Tally[groups.Count];
        foreach (var (_, group, value) in samples)
            tallies[groups[group]] += new Tally(value, 1);
        return tallies;
    }

    private static double MacroMean(Tally[] groups)
    {
        var (sum, present) = (0.0, 0);
        foreach (var group in groups)
            if (group.Count > 0)
            {
                sum += group.Sum / group.Count;
                present++;
            }

        return sum / present;
    }

    /// <summary>Macro means of resampled clusters, ascending.</summary>
    private static double[] Bootstrap(Tally[][] clusters, int groups, CounterRandom random, int resamples)
    {
        var means = new double[resamples];
        var drawn = new Tally[groups];
        for (var resample = 0; resample < resamples; resample++)
        {
            Array.Clear(drawn);
            for (var draw = 0; draw < clusters.Length; draw++)
            {
                var cluster = clusters[random.Below((long)resample * clusters.Length + draw, clusters.Length)];
                for (var group = 0; group < groups; group++)
                    drawn[group] += cluster[group];
            }

            means[resample] = MacroMean(drawn);
        }

        Array.Sort(means);
        return means;
    }

    /// <summary>Linear interpolation between order statistics (Hyndman and Fan's type 7).</summary>
    internal static double Quantile(double[] ascending, double probability)
    {
        var position = probability * (ascending.Length - 1);
        var below = (int)position;
        return below + 1 == ascending.Length ? ascending[below] : double.Lerp(ascending[below], ascending[below + 1], position - below);
    }

    private readonly record struct Tally(double Sum, int Count)
    {
        public static Tally operator +(Tally left, Tally right) => new(left.Sum + right.Sum, left.Count + right.Count);
    }
}
