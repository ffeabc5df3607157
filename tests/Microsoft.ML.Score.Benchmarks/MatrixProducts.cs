using System.Numerics.Tensors;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Benchmarks;

/// <summary>
/// The linear layer x[m,k] w[n,k]^T with weights in each stored type against OpenBLAS, the naive loop and one dot product of
/// System.Numerics.Tensors per element.
/// </summary>
internal static class MatrixProducts
{
    public static void Run()
    {
        Compare(1024, 1024, 1024, rounds: 60, slowRounds: 2);
        Compare(4096, 3584, 3584, rounds: 20, slowRounds: 0);
    }

    private static void Compare(int m, int n, int k, int rounds, int slowRounds)
    {
        var (x, w) = (RandomValues.Of(1, m * k), RandomValues.Of(2, n * k));
        var y = new float[m * n];
        var kernels = ComputeBackend.Simd.Kernels;
        using var input = kernels.Upload(x, m, k);

        var contest = new Contest($"linear layer {m} x {n} x {k}", 2.0 * m * n * k);
        foreach (var type in new[] { TensorType.F32, TensorType.BF16, TensorType.F16 })
        {
            var weight = kernels.UploadWeight(new WeightValues(w, type), 0, n, k);
            contest.Add($"ours, {type.Word()} weights", () => kernels.Linear(input, weight).Dispose());
        }

        if (OpenBlas.TryLoad() is { } openBlas)
            contest.Add(openBlas.Name + ", f32", () => openBlas.MultiplyTransposedB(x, w, y, m, n, k));
        else
            contest.AddMissing("OpenBLAS");
        if (slowRounds > 0)
        {
            contest.Add("TensorPrimitives.Dot, f32", () => DotProducts(x, w, y, m, n, k), slowRounds);
            contest.Add("naive loop, f32", () => NaiveLoop(x, w, y, m, n, k), slowRounds);
        }

        contest.Run(rounds);
    }

    private static void DotProducts(float[] x, float[] w, float[] y, int m, int n, int k) =>
        Parallel.For(0, m, i =>
        {
            for (var o = 0; o < n; o++)
                y[i * n + o] = TensorPrimitives.Dot<float>(x.AsSpan(i * k, k), w.AsSpan(o * k, k));
        });

    private static void NaiveLoop(float[] x, float[] w, float[] y, int m, int n, int k) =>
        Parallel.For(0, m, i =>
        {
            for (var o = 0; o < n; o++)
            {
                var sum = 0f;
                for (var p = 0; p < k; p++)
                    sum += x[i * k + p] * w[o * k + p];
                y[i * n + o] = sum;
            }
        });
}
