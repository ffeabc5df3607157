using System.Numerics.Tensors;
using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Benchmarks;

/// <summary>Causal attention of one sequence against the form that makes the n x n scores of a head: OpenBLAS, row softmax, OpenBLAS.</summary>
internal static class AttentionForward
{
    public static void Run()
    {
        Compare(tokens: 8192, heads: 7, keyValueHeads: 1, headDimension: 128, rounds: 15, withScores: true);
        Compare(tokens: 42_657, heads: 14, keyValueHeads: 2, headDimension: 64, rounds: 2, withScores: false);
    }

    private static void Compare(int tokens, int heads, int keyValueHeads, int headDimension, int rounds, bool withScores)
    {
        var kernels = ComputeBackend.Simd.Kernels;
        var (qs, ks, vs) = (RandomValues.Of(1, tokens * heads * headDimension), RandomValues.Of(2, tokens * keyValueHeads * headDimension), RandomValues.Of(3, tokens * keyValueHeads * headDimension));
        using var q = kernels.Upload(qs, tokens, heads * headDimension);
        using var k = kernels.Upload(ks, tokens, keyValueHeads * headDimension);
        using var v = kernels.Upload(vs, tokens, keyValueHeads * headDimension);

        // Two products of c multiply-adds for each pair of a query and a key that it sees.
        var contest = new Contest($"causal attention, {tokens} tokens, {heads} heads over {keyValueHeads}, head {headDimension}", 2.0 * tokens * (tokens + 1) * headDimension * heads);
        contest.Add("ours", () => kernels.Attention(q, k, v, [AttentionSegment.Self(0, tokens)], headDimension, causal: true).Dispose());
        if (withScores && OpenBlas.TryLoad() is { } openBlas)
            contest.Add("n x n scores, " + openBlas.Name, () => WithScores(openBlas, qs, ks, vs, tokens, heads, headDimension), rounds: 3);
        else if (withScores)
            contest.AddMissing("n x n scores, OpenBLAS");
        contest.Run(rounds);
    }

    /// <summary>As a plain program would do it with one key/value head: for every head all scores, masked and normalised row by row.</summary>
    private static void WithScores(OpenBlas openBlas, float[] q, float[] k, float[] v, int n, int heads, int c)
    {
        var (scores, result) = (new float[n * n], new float[n * c]);
        var valuesTransposed = new float[c * n];
        for (var j = 0; j < n; j++)
            for (var d = 0; d < c; d++)
                valuesTransposed[d * n + j] = v[j * c + d];
        for (var head = 0; head < heads; head++)
        {
            var query = new float[n * c];
            for (var i = 0; i < n; i++)
                TensorPrimitives.Multiply(q.AsSpan((i * heads + head) * c, c), 1 / MathF.Sqrt(c), query.AsSpan(i * c, c));
            openBlas.MultiplyTransposedB(query, k, scores, n, n, c);
            Parallel.For(0, n, i =>
            {
                var row = scores.AsSpan(i * n, n);
                var seen = row[..(i + 1)];
                TensorPrimitives.Subtract(seen, TensorPrimitives.Max<float>(seen), seen);
                TensorPrimitives.SoftMax<float>(seen, seen);
                row[(i + 1)..].Clear();
            });
            openBlas.MultiplyTransposedB(scores, valuesTransposed, result, n, c, n);
        }
    }
}
