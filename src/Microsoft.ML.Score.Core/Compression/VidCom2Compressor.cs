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
/// </remarks>
public sealed class VidCom2Compressor : TokenPruner
{
    private const double Temperature = 0.01;
    private const float SmallestNorm = 1e-12f;
    private static readonly double[] Widths = [1 / 8d, 1 / 4d, 1 / 2d, 1, 2];

    /// <inheritdoc/>
    public override string Name => "VidCom2";

    /// <inheritdoc/>
    public override int[] Select(VideoTokens video, double retentionRatio)
    {
        ArgumentNullException.ThrowIfNull(video);
        TopK.ThrowIfNotRetentionRatio(retentionRatio);

        var (t, n) = (video.Grid.TimeSteps, video.Grid.TokensPerStep);
        var similarities = Similarities(video);
        var shares = StepShares(similarities.ToVideo, t, n, retentionRatio);
        var kept = new List<int>();
        for (var step = 0; step < t; step++)
        {
            var typicality = new double[n];
            for (var i = 0; i < n; i++)
                typicality[i] = similarities.ToVideo[step * n + i] + similarities.ToStep[step * n + i];
            // The original rounds the product in single precision, half to even.
            var count = Math.Max(1, (int)MathF.Round((float)shares[step] * n));
            var places = Ranking.Lowest(typicality, count);
            Array.Sort(places);
            kept.AddRange(places.Select(place => step * n + place));
        }

        return [.. kept];
    }

    /// <summary>The share of its tokens that each step keeps: rho, more for steps unlike the video, less for others.</summary>
    private static double[] StepShares(double[] toVideo, int t, int n, double retentionRatio)
    {
        var distinctiveness = new double[t];
        for (var step = 0; step < t; step++)
            distinctiveness[step] = -toVideo.AsSpan(step * n, n).ToArray().Average();
        var highest = distinctiveness.Max();
        var weights = Array.ConvertAll(distinctiveness, u => Math.Exp((u - highest) / Temperature));
        var sum = weights.Sum();
        return Array.ConvertAll(weights, weight => Math.Min(retentionRatio * (1 + weight / sum - 1d / t), 1));
    }

    /// <summary>Kernel similarity of each token to the mean of the video and to that of its step, [T*N] each.</summary>
    private static (double[] ToVideo, double[] ToStep) Similarities(VideoTokens video)
    {
        var (t, n, d) = (video.Grid.TimeSteps, video.Grid.TokensPerStep, video.Dimension);
        var chosen = LeastVaryingChannels(video);
        var inverseNorms = new float[t * n];
        var stepMeans = new float[t][];
        Parallel.For(0, t, step =>
        {
            var z = new float[d];
            var sum = new float[d];
            for (var i = step * n; i < (step + 1) * n; i++)
            {
                TensorPrimitives.Multiply(video.Token(i), chosen, z);
                inverseNorms[i] = 1 / Math.Max(TensorPrimitives.Norm(z), SmallestNorm);
                TensorPrimitives.MultiplyAdd(z, inverseNorms[i], sum, sum);
            }

            TensorPrimitives.Divide(sum, n, sum);
            stepMeans[step] = sum;
        });
        var videoMean = new float[d];
        foreach (var mean in stepMeans)
            TensorPrimitives.Add(videoMean, mean, videoMean);
        TensorPrimitives.Divide(videoMean, t, videoMean);

        var (toVideo, toStep) = (new double[t * n], new double[t * n]);
        Parallel.For(0, t, step =>
        {
            var z = new float[d];
            for (var i = step * n; i < (step + 1) * n; i++)
            {
                TensorPrimitives.Multiply(video.Token(i), chosen, z);
                TensorPrimitives.Multiply(z, inverseNorms[i], z);
                toVideo[i] = Kernel(TensorPrimitives.Distance(z, videoMean));
                toStep[i] = Kernel(TensorPrimitives.Distance(z, stepMeans[step]));
            }
        });
        return (toVideo, toStep);
    }

    private static double Kernel(double distance)
    {
        var similarity = 0d;
        foreach (var width in Widths)
            similarity += Math.Exp(-distance * distance / (2 * width));
        return similarity;
    }

    /// <summary>1 for the half of the channels whose values vary least over all tokens, else 0, [D].</summary>
    private static float[] LeastVaryingChannels(VideoTokens video)
    {
        var (t, n, d) = (video.Grid.TimeSteps, video.Grid.TokensPerStep, video.Dimension);
        var first = video.Token(0).ToArray();
        var (stepSums, stepSquares) = (new float[t][], new float[t][]);
        Parallel.For(0, t, step =>
        {
            // Relative to the first token, so that a large mean does not drown a small variance.
            var (centred, sum, square) = (new float[d], stepSums[step] = new float[d], stepSquares[step] = new float[d]);
            for (var i = step * n; i < (step + 1) * n; i++)
            {
                TensorPrimitives.Subtract(video.Token(i), first, centred);
                TensorPrimitives.Add(sum, centred, sum);
                TensorPrimitives.MultiplyAdd(centred, centred, square, square);
            }
        });
        var variances = new double[d];
        for (var c = 0; c < d; c++)
        {
            var mean = stepSums.Sum(sums => (double)sums[c]) / (t * n);
            variances[c] = stepSquares.Sum(squares => (double)squares[c]) / (t * n) - mean * mean;
        }

        var chosen = new float[d];
        foreach (var channel in Ranking.Lowest(variances, d / 2))
            chosen[channel] = 1;
        return chosen;
    }
}
