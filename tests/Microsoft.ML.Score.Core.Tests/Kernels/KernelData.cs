namespace Microsoft.ML.Score.Kernels;

/// <summary>Inputs and tolerances of the kernel tests.</summary>
internal static class KernelData
{
    /// <summary>Of sums of products of values near 1, relative to the number of terms; single precision rounds each term by 6e-8.</summary>
    public const double SumTolerance = 2e-6;

    /// <summary>Of functions of one value and of averages.</summary>
    public const double ValueTolerance = 2e-6;

    public static float[] Values(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() * 4 - 2))];
    }

    public static Tensor Random(this IKernels kernels, int seed, int rows, int columns) =>
        kernels.Upload(Values(seed, rows * columns), rows, columns);

    public static float[] ToArray(this IKernels kernels, Tensor x)
    {
        var values = new float[x.Rows * x.Columns];
        kernels.Download(x, values);
        return values;
    }
}
