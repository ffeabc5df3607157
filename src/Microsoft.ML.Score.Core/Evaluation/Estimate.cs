using Microsoft.ML.Score.Numerics;

namespace Microsoft.ML.Score.Evaluation;

/// <summary>
/// A mean with its uncertainty when values come in clusters: questions about one video rise and fall together, so videos, not
/// questions, are what was sampled. The standard error is the clustered one of Miller, "Adding Error Bars to Evals" (2024), section 2.2;
/// the interval is the percentile bootstrap over whole clusters.
/// </summary>
/// <param name="Value">The mean over all values.</param>
/// <param name="StandardError">sqrt(sum over clusters of (sum of value - mean)^2) / n; 0 with one cluster, where it says nothing.</param>
/// <param name="Low">Lower end of the 95% interval.</param>
/// <param name="High">Upper end of the 95% interval.</param>
/// <param name="Count">n, number of values.</param>
/// <param name="Clusters">Number of clusters.</param>
public sealed record Estimate(double Value, double StandardError, double Low, double High, int Count, int Clusters)
{
    private const double Tail = 0.025;

    /// <summary>Estimates the mean of clustered values.</summary>
    /// <param name="samples">Each value with the name of its cluster; at least one, all finite.</param>
    /// <param name="seed">Seed of the bootstrap: the same samples and seed give the same interval.</param>
    /// <param name="resamples">Bootstrap resamples, at least 100. Default 2000.</param>
    /// <exception cref="ArgumentException">There is no sample, or a value is not finite.</exception>
    public static Estimate OfMean(IEnumerable<(string Cluster, double Value)> samples, long seed = 0, int resamples = 2000)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, 100);
        var clusters = samples.GroupBy(sample => sample.Cluster, sample => sample.Value, StringComparer.Ordinal)
            .Select(cluster => (Sum: cluster.Sum(), Count: cluster.Count())).ToArray();
        if (clusters.Length == 0)
            throw new ArgumentException("A mean needs at least one sample, got none.", nameof(samples));
        var sum = clusters.Sum(cluster => cluster.Sum);
        if (!double.IsFinite(sum))
            throw new ArgumentException("All values must be finite.", nameof(samples));

        var count = clusters.Sum(cluster => cluster.Count);
        var mean = sum / count;
        var standardError = Math.Sqrt(clusters.Sum(cluster => Math.Pow(cluster.Sum - mean * cluster.Count, 2))) / count;
        var means = Bootstrap(clusters, new CounterRandom(seed), resamples);
        return new Estimate(mean, standardError, Quantile(means, Tail), Quantile(means, 1 - Tail), count, clusters.Length);
    }

    /// <summary>Means of resampled clusters, ascending.</summary>
    private static double[] Bootstrap((double Sum, int Count)[] clusters, CounterRandom random, int resamples)
    {
        var means = new double[resamples];
        for (var resample = 0; resample < resamples; resample++)
        {
            var (sum, count) = (0.0, 0);
            for (var draw = 0; draw < clusters.Length; draw++)
            {
                var cluster = clusters[random.Below((long)resample * clusters.Length + draw, clusters.Length)];
                sum += cluster.Sum;
                count += cluster.Count;
            }

            means[resample] = sum / count;
        }

        Array.Sort(means);
        return means;
    }

    /// <summary>Linear interpolation between order statistics (Hyndman and Fan's type 7).</summary>
    private static double Quantile(double[] ascending, double probability)
    {
        var position = probability * (ascending.Length - 1);
        var below = (int)position;
        return below + 1 == ascending.Length ? ascending[below] : double.Lerp(ascending[below], ascending[below + 1], position - below);
    }
}
