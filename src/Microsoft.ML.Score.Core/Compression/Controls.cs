using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>
/// The plainest control: k of the T*N tokens, every set of k equally likely (selection sampling, Knuth volume 2, algorithm S).
/// The choice depends on the video's content and the seed alone.
/// </summary>
/// <param name="seed">Another seed gives another choice.</param>
internal sealed class RandomCompressor(long seed) : TokenPruner
{
    /// <inheritdoc/>
    public override string Name => CompressionMethod.Random.Name;

    /// <inheritdoc/>
    public override int[] Select(VideoTokens video, double retentionRatio)
    {
        ArgumentNullException.ThrowIfNull(video);

        var total = video.Grid.Count;
        var random = VideoRandom.For(video, seed);
        var kept = new int[TopK.RetainedCount(retentionRatio, total)];
        var k = 0;
        for (var i = 0; k < kept.Length; i++)
            if (random.Below(i, total - i) < kept.Length - k)
                kept[k++] = i;
        return kept;
    }
}

/// <summary>
/// A control stronger than <see cref="RandomCompressor"/>: the flat index is cut into k stretches whose lengths differ by at
/// most one, and one token of each is drawn at random (stratified sampling). The choice depends on the video's content and
/// the seed alone.
/// </summary>
/// <param name="seed">Another seed gives another choice.</param>
internal sealed class JitteredUniformCompressor(long seed) : TokenPruner
{
    /// <inheritdoc/>
    public override string Name => CompressionMethod.Jittered.Name;

    /// <inheritdoc/>
    public override int[] Select(VideoTokens video, double retentionRatio)
    {
        ArgumentNullException.ThrowIfNull(video);

        long total = video.Grid.Count;
        var random = VideoRandom.For(video, seed);
        var kept = new int[TopK.RetainedCount(retentionRatio, video.Grid.Count)];
        for (var i = 0; i < kept.Length; i++)
        {
            var from = (int)(i * total / kept.Length);
            var to = (int)((i + 1) * total / kept.Length);
            kept[i] = from + random.Below(i, to - from);
        }

        return kept;
    }
}

/// <summary>
/// A control: k tokens at equal distances along the flat index, the middle one of each of k equal stretches. Where the stride
/// and the grid's width share a factor it sees few columns only; <see cref="JitteredUniformCompressor"/> does not.
/// </summary>
internal sealed class UniformCompressor : TokenPruner
{
    /// <inheritdoc/>
    public override string Name => CompressionMethod.Uniform.Name;

    /// <inheritdoc/>
    public override int[] Select(VideoTokens video, double retentionRatio)
    {
        ArgumentNullException.ThrowIfNull(video);

        long total = video.Grid.Count;
        var kept = new int[TopK.RetainedCount(retentionRatio, video.Grid.Count)];
        for (var i = 0; i < kept.Length; i++)
            kept[i] = (int)((2L * i + 1) * total / (2L * kept.Length));
        return kept;
    }
}

/// <summary>
/// A control that ignores what is in a step: m = max(1, floor(rho*T)) whole time steps at equal distances, the middle one of each of m
/// equal stretches. Within the budget of rho*T*N, except where that is less than one step.
/// </summary>
internal sealed class FrameDropCompressor : TokenPruner
{
    /// <inheritdoc/>
    public override string Name => CompressionMethod.FrameDrop.Name;

    /// <inheritdoc/>
    public override int[] Select(VideoTokens video, double retentionRatio)
    {
        ArgumentNullException.ThrowIfNull(video);

        var (t, n) = (video.Grid.TimeSteps, video.Grid.TokensPerStep);
        var steps = TopK.RetainedCount(retentionRatio, t);
        var kept = new int[steps * n];
        for (var i = 0; i < kept.Length; i++)
        {
            var step = (int)((2L * (i / n) + 1) * t / (2L * steps));
            kept[i] = step * n + i % n;
        }

        return kept;
    }
}

/// <summary>
/// A control without learning: the k tokens whose residual dX[t] = X[t] - X[t-1] has the largest Euclidean norm. As in
/// equation (2) of the SCORE paper the step before the first is zero, so the first step competes with its own norm, which on
/// slow videos outweighs most changes.
/// </summary>
internal sealed class LargestResidualCompressor : TokenPruner
{
    /// <inheritdoc/>
    public override string Name => CompressionMethod.Residual.Name;

    /// <inheritdoc/>
    public override int[] Select(VideoTokens video, double retentionRatio)
    {
        ArgumentNullException.ThrowIfNull(video);

        var count = TopK.RetainedCount(retentionRatio, video.Grid.Count);
        var (n, d) = (video.Grid.TokensPerStep, video.Dimension);
        var x = video.Vectors.Span;
        var norms = new float[video.Grid.Count];
        for (var i = 0; i < norms.Length; i++)
            norms[i] = i < n
                ? TensorPrimitives.Norm(x.Slice(i * d, d))
                : TensorPrimitives.Distance(x.Slice(i * d, d), x.Slice((i - n) * d, d));
        return TopK.Select(norms, count);
    }
}

/// <summary>Random numbers that belong to one video: the same content and seed give the same stream in any order of videos and on any thread.</summary>
internal static class VideoRandom
{
    public static CounterRandom For(VideoTokens video, long seed)
    {
        var checksum = 0u;
        foreach (var value in MemoryMarshal.Cast<float, uint>(video.Vectors.Span))
            checksum = BitOperations.Crc32C(checksum, value);
        return new CounterRandom(seed, video.Grid.TimeSteps, video.Grid.Height, video.Grid.Width, video.Dimension, checksum);
    }
}
