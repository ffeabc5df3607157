using System.Runtime.InteropServices;

namespace Microsoft.ML.Score.Benchmarks;

/// <summary>The system's OpenBLAS (Debian: libopenblas0), if it is there. Only the benchmarks know of it.</summary>
internal sealed unsafe class OpenBlas
{
    private readonly delegate* unmanaged<int, int, int, int, int, int, float, float*, int, float*, int, float, float*, int, void> _sgemm;

    private OpenBlas(nint library)
    {
        _sgemm = (delegate* unmanaged<int, int, int, int, int, int, float, float*, int, float*, int, float, float*, int, void>)NativeLibrary.GetExport(library, "cblas_sgemm");
        ((delegate* unmanaged<int, void>)NativeLibrary.GetExport(library, "openblas_set_num_threads"))(Ceilings.Threads);
        Name = "OpenBLAS for " + Marshal.PtrToStringAnsi(((delegate* unmanaged<nint>)NativeLibrary.GetExport(library, "openblas_get_corename"))());
    }

    /// <summary>The library's name and the processor whose code it chose; OPENBLAS_CORETYPE in the environment overrides its choice.</summary>
    public string Name { get; }

    public static OpenBlas? TryLoad() => NativeLibrary.TryLoad("libopenblas.so.0", out var library) ? new OpenBlas(library) : null;

    /// <summary>c[m,n] = a[m,k] * b[n,k]^T, row-major.</summary>
    public void MultiplyTransposedB(float[] a, float[] b, float[] c, int m, int n, int k)
    {
        const int rowMajor = 101, asIs = 111, transposed = 112;
        fixed (float* pa = a, pb = b, pc = c)
            _sgemm(rowMajor, asIs, transposed, m, n, k, 1, pa, k, pb, k, 0, pc, n);
    }
}
