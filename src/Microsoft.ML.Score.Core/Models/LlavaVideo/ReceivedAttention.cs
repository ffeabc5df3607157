using System.Numerics.Tensors;
using Microsoft.ML.Score.Models.Layers;

namespace Microsoft.ML.Score.Models.LlavaVideo;

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
