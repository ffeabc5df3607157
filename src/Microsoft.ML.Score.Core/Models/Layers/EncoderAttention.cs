using System.Numerics.Tensors;
using Microsoft.ML.Score.Kernels;
using Tensor = Microsoft.ML.Score.Kernels.Tensor;

namespace Microsoft.ML.Score.Models.Layers;

/// <summary>Attention weights themselves, which the fused kernels never form; for saliences, over one frame or step at a time.</summary>
internal static class AttentionShares
{
    /// <summary>Adds weight * softmax(query k^T / sqrt(c)) to shares, for one query and one head.</summary>
    /// <param name="query">The query of the head, [c].</param>
    /// <param name="keys">Keys of all heads, [n, heads * c].</param>
    /// <param name="head">Which head.</param>
    /// <param name="weight">What the weights, which sum to 1, are multiplied by.</param>
    /// <param name="shares">[n].</param>
    public static void Add(ReadOnlySpan<float> query, ReadOnlySpan<float> keys, int head, float weight, Span<float> shares)
    {
        var (n, c) = (shares.Length, query.Length);
        var columns = keys.Length / n;
        var scale = 1 / MathF.Sqrt(c);
        var scores = n <= 1024 ? stackalloc float[n] : new float[n];
        for (var i = 0; i < n; i++)
            scores[i] = TensorPrimitives.Dot(query, keys.Slice(i * columns + head * c, c)) * scale;
        var highest = TensorPrimitives.Max(scores);
        var sum = 0f;
        for (var i = 0; i < n; i++)
            sum += scores[i] = MathF.Exp(scores[i] - highest);
        for (var i = 0; i < n; i++)
            shares[i] += weight * scores[i] / sum;
    }
}

/// <summary>Takes copies of the queries and keys of one layer out of an encoder's run.</summary>
/// <param name="kernels">The encoder's backend.</param>
/// <param name="layer">The layer's name among the tensors that the encoder shows.</param>
internal sealed class LastAttention(IKernels kernels, string layer)
{
    /// <summary>[rows, heads * head dimension].</summary>
    public float[] Queries { get; private set; } = [];

    /// <summary>As the queries.</summary>
    public float[] Keys { get; private set; } = [];

    public void Observe(string name, Tensor values)
    {
        if (name == $"{layer}.q")
            Queries = Copy(values);
        else if (name == $"{layer}.k")
            Keys = Copy(values);
    }

    private float[] Copy(Tensor values)
    {
        var copy = new float[values.Rows * values.Columns];
        kernels.Download(values, copy);
        return copy;
    }
}

/// <summary>
/// The salience of HoliTom on SigLIP (cokeshao/HoliTom at e9b2972): the attention that each token of a frame receives in the
/// last layer that is used, the mean over heads and queries.
/// </summary>
internal static class ReceivedAttention
{
    /// <param name="q">Queries, [tokens, heads * headDimension].</param>
    /// <param name="k">Keys, likewise.</param>
    /// <param name="headDimension">Values of a head.</param>
    /// <param name="tokens">Tokens of the frame.</param>
    /// <returns>One value a token; they sum to 1.</returns>
    public static float[] Compute(ReadOnlyMemory<float> q, ReadOnlyMemory<float> k, int headDimension, int tokens)
    {
        var columns = q.Length / tokens;
        var heads = columns / headDimension;
        var ofHeads = new float[heads][];
        Parallel.For(0, heads, head =>
        {
            var received = ofHeads[head] = new float[tokens];
            for (var query = 0; query < tokens; query++)
                AttentionShares.Add(q.Span.Slice(query * columns + head * headDimension, headDimension), k.Span, head, 1f / (tokens * heads), received);
        });
        var sum = ofHeads[0];
        foreach (var received in ofHeads[1..])
            TensorPrimitives.Add(sum, received, sum);
        return sum;
    }
}

/// <summary>
/// The salience of FastVID on Qwen2.5-VL (LunarShen/FastVID at a40a109): in the last vision block the mean of a step's queries
/// attends to the mean key of each merged token, the mean over heads.
/// </summary>
internal static class MeanQueryAttention
{
    /// <param name="q">Queries after the rotation, [steps * patches of a step, heads * headDimension].</param>
    /// <param name="k">Keys after the rotation, likewise.</param>
    /// <param name="steps">Time steps.</param>
    /// <param name="headDimension">Values of a head.</param>
    /// <param name="patchesPerStep">Patches of a step.</param>
    /// <param name="mergeUnit">Consecutive patches that make a token.</param>
    /// <returns>One value a token, [steps, tokens], in the order of the patches; each step sums to 1.</returns>
    public static float[] Compute(ReadOnlyMemory<float> q, ReadOnlyMemory<float> k, int steps, int headDimension, int patchesPerStep, int mergeUnit)
    {
        var columns = q.Length / (steps * patchesPerStep);
        var (heads, tokens) = (columns / headDimension, patchesPerStep / mergeUnit);
        var salience = new float[steps * tokens];
        Parallel.For(0, steps, step =>
        {
            var stepQueries = q.Span.Slice(step * patchesPerStep * columns, patchesPerStep * columns);
            var stepKeys = k.Span.Slice(step * patchesPerStep * columns, patchesPerStep * columns);
            var query = MeanRows(stepQueries, patchesPerStep, columns);
            var keys = MeanRows(stepKeys, mergeUnit, columns);
            for (var head = 0; head < heads; head++)
                AttentionShares.Add(query.AsSpan(head * headDimension, headDimension), keys, head, 1f / heads, salience.AsSpan(step * tokens, tokens));
        });
        return salience;
    }

    /// <summary>The mean of each group of consecutive rows.</summary>
    private static float[] MeanRows(ReadOnlySpan<float> rows, int group, int columns)
    {
        var means = new float[rows.Length / group];
        for (var row = 0; row < rows.Length / columns; row++)
            TensorPrimitives.MultiplyAdd(rows.Slice(row * columns, columns), 1f / group, Mean(means, row), Mean(means, row));
        return means;

        Span<float> Mean(float[] all, int row) => all.AsSpan(row / group * columns, columns);
    }
}
