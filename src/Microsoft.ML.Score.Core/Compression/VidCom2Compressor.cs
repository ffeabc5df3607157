using System.Numerics.Tensors;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>
/// VidCom2 (EMNLP 2025), as its official code runs (xuyang-liu16/VidCom2 at 944a17d, the same for LLaVA and Qwen2.5-VL): tokens
/// that stand out least from the mean of the video and of their step are dropped, and steps that stand out get more of the
/// budget. A pruner; it needs nothing but the vectors.
/// </summary>
/// <remarks>
/// The code departs from the paper, and we follow the code: similarity is a sum of five Gaussian kernels over normalised tokens
/// on the half of the channels with the least variance, where the paper has a cosine of raw tokens; a step's share is clamped
/// to 1, and every step keeps at least one token. The total is rho*T*N up to rounding, not <see cref="TopK.RetainedCount"/>.
/// Ties go to the lower index.
/// <para>vLLM (pull request 47750) does the same and then brings the total to the count it has made room for: anywhere in the video, the most
/// typical of the kept tokens go, or the least typical of the others come. So a step may lose its last token.</para>
/// </remarks>
/// <param name="vllmCount">Whether to keep exactly as many as vLLM: by <see cref="VllmCount"/>, T at least. Default no.</param>
internal sealed class VidCom2Compressor(bool vllmCount = false) : TokenPruner
{
    private const double Temperature = 0.01;
    private const double SmallestNorm = 1e-12;
    private static readonly double[] s_widths = [1 / 8d, 1 / 4d, 1 / 2d, 1, 2];

    /// <inheritdoc/>
    public override string Name => (vllmCount ? CompressionMethod.VidCom2Vllm : CompressionMethod.VidCom2).Name;

    /// <inheritdoc/>
    public override int[] Select(VideoTokens video, double retentionRatio)
    {
        ArgumentNullException.ThrowIfNull(video);
        TopK.ThrowIfNotRetentionRatio(retentionRatio);

        var (t, n) = (video.Grid.TimeSteps, video.Grid.TokensPerStep);
        var similarities = Similarities(video);
        var shares = StepShares(similarities.ToVideo, t, n, vllmCount ? VllmCount.Share(retentionRatio) : retentionRatio);
        var typicality = new double[t * n];
        TensorPrimitives.Add(similarities.ToVideo, similarities.ToStep, typicality);
        var kept = new List<int>();
        for (var step = 0; step < t; step++)
        {
            var count = Math.Max(1, (int)MathF.Round(shares[step] * n));
            var places = Ranking.Lowest(typicality.AsSpan(step * n, n), count);
            Array.Sort(places);
            kept.AddRange(places.Select(place => step * n + place));
        }

        return vllmCount ? Reconcile([.. kept], typicality, VllmCount.Of(video.Grid, retentionRatio, least: t)) : [.. kept];
    }

    /// <summary>As many tokens as asked for: the least typical of those kept, or all of them and the least typical of the others.</summary>
    private static int[] Reconcile(int[] kept, double[] typicality, int count)
    {
        int[] reconciled = kept.Length > count
            ? LeastTypical(kept, count)
            : [.. kept, .. LeastTypical([.. Enumerable.Range(0, typicality.Length).Except(kept)], count - kept.Length)];
        Array.Sort(reconciled);
        return reconciled;

        int[] LeastTypical(int[] indices, int number) =>
            Array.ConvertAll(Ranking.Lowest(Array.ConvertAll(indices, index => typicality[index]), number), place => indices[place]);
    }

    /// <summary>
    /// The share of its tokens that each step keeps: rho, more for steps unlike the video, less for others. In single precision and in
    /// the original's order, because shares of exactly half a token occur, and those are rounded to even.
    /// </summary>
    private static float[] StepShares(double[] toVideo, int t, int n, double retentionRatio)
    {
        var distinctiveness = new double[t];
        for (var step = 0; step < t; step++)
            distinctiveness[step] = -toVideo.AsSpan(step * n, n).ToArray().Average();
        var highest = distinctiveness.Max();
        var weights = Array.ConvertAll(distinctiveness, u => Math.Exp((u - highest) / Temperature));
        var sum = weights.Sum();
        return Array.ConvertAll(weights, weight => Math.Min((float)retentionRatio * (1 + (float)(weight / sum) - 1f / t), 1));
    }

    /// <summary>Kernel similarity of each token to the mean of the video and to that of its step, [T*N] each.</summary>
    private static (double[] ToVideo, double[] ToStep) Similarities(VideoTokens video)
    {
        var (t, n) = (video.Grid.TimeSteps, video.Grid.TokensPerStep);
        var channels = LeastVaryingChannels(video);
        var stepMeans = new double[t][];
        Parallel.For(0, t, step =>
        {
            var (z, mean) = (new double[channels.Length], stepMeans[step] = new double[channels.Length]);
            for (var i = step * n; i < (step + 1) * n; i++)
            {
                Normalise(video.Token(i), channels, z);
                TensorPrimitives.Add(mean, z, mean);
            }

            TensorPrimitives.Divide(mean, n, mean);
        });
        var videoMean = new double[channels.Length];
        foreach (var mean in stepMeans)
            TensorPrimitives.Add(videoMean, mean, videoMean);
        TensorPrimitives.Divide(videoMean, t, videoMean);

        var (toVideo, toStep) = (new double[t * n], new double[t * n]);
        Parallel.For(0, t, step =>
        {
            var z = new double[channels.Length];
            for (var i = step * n; i < (step + 1) * n; i++)
            {
                Normalise(video.Token(i), channels, z);
                toVideo[i] = Kernel(TensorPrimitives.Distance<double>(z, videoMean));
                toStep[i] = Kernel(TensorPrimitives.Distance<double>(z, stepMeans[step]));
            }
        });
        return (toVideo, toStep);
    }

    /// <summary>The chosen channels of a token, scaled to length 1.</summary>
    private static void Normalise(ReadOnlySpan<float> token, int[] channels, Span<double> z)
    {
        for (var c = 0; c < channels.Length; c++)
            z[c] = token[channels[c]];
        TensorPrimitives.Divide(z, Math.Max(TensorPrimitives.Norm<double>(z), SmallestNorm), z);
    }

    private static double Kernel(double distance)
    {
        var similarity = 0d;
        foreach (var width in s_widths)
            similarity += Math.Exp(-distance * distance / (2 * width));
        return similarity;
    }

    /// <summary>The half of the channels whose values vary least over all tokens, one at least.</summary>
    private static int[] LeastVaryingChannels(VideoTokens video)
    {
        var (t, n, d) = (video.Grid.TimeSteps, video.Grid.TokensPerStep, video.Dimension);
        var first = Array.ConvertAll(video.Token(0).ToArray(), value => (double)value);
        var (stepSums, stepSquares) = (new double[t][], new double[t][]);
        Parallel.For(0, t, step =>
        {
            var (values, sum, square) = (new double[d], stepSums[step] = new double[d], stepSquares[step] = new double[d]);
            for (var i = step * n; i < (step + 1) * n; i++)
            {
                // Relative to the first token, so that a large mean does not drown a small variance.
                TensorPrimitives.ConvertTruncating(video.Token(i), values);
                TensorPrimitives.Subtract(values, first, values);
                TensorPrimitives.Add(sum, values, sum);
                TensorPrimitives.MultiplyAdd(values, values, square, square);
            }
        });
        var variances = new double[d];
        for (var c = 0; c < d; c++)
        {
            var mean = stepSums.Sum(sums => sums[c]) / (t * n);
            variances[c] = stepSquares.Sum(squares => squares[c]) / (t * n) - mean * mean;
        }

        return Ranking.Lowest(variances, Math.Max(1, d / 2));
    }
}
