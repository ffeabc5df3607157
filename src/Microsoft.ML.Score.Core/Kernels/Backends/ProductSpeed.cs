using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Score.Kernels;

/// <summary>How fast a backend multiplies matrices: rows of activations by a weight in bfloat16, as models are made of.</summary>
internal static class ProductSpeed
{
    private const int Columns = 2048;
    private const int LeastRows = 64;
    private const int MostRows = 16384; // 64 MiB, beyond most caches

    private static readonly TimeSpan s_longEnough = TimeSpan.FromMilliseconds(60);

    /// <summary>Floating-point operations a second, of the best of three products that are each large enough to be timed. A quarter of a second or so; more on the plain loops.</summary>
    /// <param name="kernels">The backend's.</param>
    /// <param name="rows">Rows of activations: many for a prompt, one for each token of an answer.</param>
    public static double Measure(IKernels kernels, int rows)
    {
        var values = new ushort[MostRows * Columns];
        values.AsSpan().Fill(0x3F80); // 1
        using var x = kernels.Upload(new float[rows * Columns], rows, Columns);
        var (weightRows, best) = (LeastRows, TimeSpan.MaxValue);
        for (; ; weightRows *= 4)
        {
            using var weight = kernels.UploadWeight(new StoredOnes(values), 0, weightRows, Columns);
            var result = new float[rows * weightRows];
            Time(kernels, x, weight, result); // the first call compiles and packs
            best = Time(kernels, x, weight, result);
            if (best < s_longEnough && weightRows < MostRows)
                continue;
            for (var i = 0; i < 2; i++)
                best = Time(kernels, x, weight, result) is var time && time < best ? time : best;
            return 2.0 * rows * Columns * weightRows / best.TotalSeconds;
        }
    }

    /// <summary>The result is read, without which a GPU would not have computed it.</summary>
    private static TimeSpan Time(IKernels kernels, Tensor x, Weight weight, float[] result)
    {
        var start = Stopwatch.GetTimestamp();
        using var product = kernels.Linear(x, weight);
        kernels.Download(product, result);
        return Stopwatch.GetElapsedTime(start);
    }

    private sealed class StoredOnes(ushort[] bits) : IStoredValues
    {
        public bool IsFloat32 => false;

        public ReadOnlySpan<float> Float32 => throw new InvalidOperationException("The values are stored in bfloat16.");

        public bool IsBFloat16 => true;

        public ReadOnlySpan<ushort> BFloat16(long start, int count) => bits.AsSpan((int)start, count);

        public void Read(long start, Span<float> destination)
        {
            var words = MemoryMarshal.Cast<float, uint>(destination);
            for (var i = 0; i < words.Length; i++)
                words[i] = (uint)bits[start + i] << 16;
        }
    }
}
