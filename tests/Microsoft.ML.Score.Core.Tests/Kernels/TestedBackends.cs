namespace Microsoft.ML.Score.Kernels;

/// <summary>
/// The backends that the shared kernel tests run on. The tests of another backend compile those files too, with a class of this name of
/// their own.
/// </summary>
internal static class TestedBackends
{
    public static readonly string[] Names = ["scalar", "simd"];

    public static IKernels Kernels(string backend) => ComputeBackend.Named(backend).Kernels;
}
