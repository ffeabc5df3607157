namespace Microsoft.ML.Score.Numerics;

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

/// <summary>Weights of a test; when not float32 they can only be read by widening, as 16-bit ones.</summary>
internal sealed class InMemoryValues(float[] values, bool isFloat32 = true) : IStoredValues
{
    public bool IsFloat32 => isFloat32;

    public ReadOnlySpan<float> Float32 => isFloat32 ? values : throw new InvalidOperationException("Not stored as F32.");

    public bool IsBFloat16 => false;

    public ReadOnlySpan<ushort> BFloat16(long start, int count) => throw new InvalidOperationException("Not stored as BF16.");

    public void Read(long start, Span<float> destination) => values.AsSpan((int)start, destination.Length).CopyTo(destination);
}
