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
    /// <summary>How many resamples every interval of a result rests on.</summary>
    internal const int DefaultResamples = 2000;

    private const double Tail = 0.025;

    /// <summary>Estimates the mean of clustered values.</summary>
    /// <param name="samples">Each value with the name of its cluster; at least one, all finite.</param>
    /// <param name="seed">Seed of the bootstrap: the same samples and seed give the same interval.</param>
    /// <param name="resamples">Bootstrap resamples, at least 100. Default 2000.</param>
    /// <exception cref="ArgumentException">There is no sample, or a value is not finite.</exception>
    public static Estimate OfMean(IEnumerable<(string Cluster, double Value)> samples, long seed = 0, int resamples = DefaultResamples)
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
    public static Estimate OfMacroMean(IEnumerable<(string Cluster, string Group, double Value)> samples, long seed = 0, int resamples = DefaultResamples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, 100);
        var values = samples.ToList();
        if (values.Count == 0)
            throw new ArgumentException("A mean needs at least one sample, got none.", nameof(samples));
        if (!double.IsFinite(values.Sum(sample => sample.Value)))
            throw new ArgumentException("All values must be finite.", nameof(samples));

        var scores = new ClusteredScores([.. values.Index().Select(sample => (sample.Item.Cluster, sample.Item.Group, sample.Index))], columns: 1, (row, _) => values[row].Value);
        return scores.Estimate(0, scores.ResampledMeans(new CounterRandom(seed), resamples)[0]);
    }

    /// <summary>The estimate of a figure whose resampled values are known.</summary>
    /// <param name="value">The figure.</param>
    /// <param name="standardError">Its standard error.</param>
    /// <param name="resampled">Its values in the resamples, all finite, at least one; they are sorted in place.</param>
    /// <param name="count">Number of values.</param>
    /// <param name="clusters">Number of clusters.</param>
    internal static Estimate OfResampled(double value, double standardError, double[] resampled, int count, int clusters)
    {
        Array.Sort(resampled);
        return new Estimate(value, standardError, Quantile(resampled, Tail), Quantile(resampled, 1 - Tail), count, clusters);
    }

    /// <summary>Linear interpolation between order statistics (Hyndman and Fan's type 7).</summary>
    private static double Quantile(double[] ascending, double probability)
    {
        var position = probability * (ascending.Length - 1);
        var below = (int)position;
        return below + 1 == ascending.Length ? ascending[below] : double.Lerp(ascending[below], ascending[below + 1], position - below);
    }
}
