using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

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

    public static OpenBlas? TryLoad()
    {
        // A release older than the processor takes code for 256-bit vectors; it must be told that there are wider ones.
        if (OperatingSystem.IsLinux() && Avx512F.IsSupported)
            SetEnvironment("OPENBLAS_CORETYPE", "SkylakeX", overwrite: 0);
        return NativeLibrary.TryLoad("libopenblas.so.0", out var library) ? new OpenBlas(library) : null;
    }

    // .NET's own SetEnvironmentVariable is not seen by native code.
    [DllImport("libc", EntryPoint = "setenv", CharSet = CharSet.Ansi)]
    private static extern int SetEnvironment(string name, string value, int overwrite);

    /// <summary>c[m,n] = a[m,k] * b[n,k]^T, row-major.</summary>
    public void MultiplyTransposedB(float[] a, float[] b, float[] c, int m, int n, int k)
    {
        const int rowMajor = 101, asIs = 111, transposed = 112;
        fixed (float* pa = a, pb = b, pc = c)
            _sgemm(rowMajor, asIs, transposed, m, n, k, 1, pa, k, pb, k, 0, pc, n);
    }
}
