using System.Numerics.Tensors;
using Microsoft.ML.Score.Models.Layers;

namespace Microsoft.ML.Score.Models.Qwen25VL;

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
