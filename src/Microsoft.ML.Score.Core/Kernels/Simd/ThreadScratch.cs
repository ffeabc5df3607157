using System.Runtime.CompilerServices;

namespace Microsoft.ML.Score.Kernels.Simd;

/// <summary>One block of working memory a thread, kept between calls. Kernels are leaves: a thread runs one at a time.</summary>
internal static unsafe class ThreadScratch
{
    private const int CacheLine = 64;

    [ThreadStatic]
    private static float[]? t_block;

    /// <summary>At least <paramref name="length"/> values of undefined content, aligned to a cache line; valid until the thread's next call.</summary>
    public static float* Get(int length)
    {
        if (t_block is null || t_block.Length < length + CacheLine / sizeof(float))
            t_block = GC.AllocateUninitializedArray<float>(length + CacheLine / sizeof(float), pinned: true);
        return (float*)(((nint)Unsafe.AsPointer(ref t_block[0]) + CacheLine - 1) & ~(CacheLine - 1));
    }
}
