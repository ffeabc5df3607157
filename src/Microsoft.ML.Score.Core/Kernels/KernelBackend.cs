using Microsoft.ML.Score.Kernels.Simd;

namespace Microsoft.ML.Score.Kernels;

/// <summary>The backends by name.</summary>
internal static class KernelBackend
{
    public const string Default = "simd";

    /// <param name="name">"simd" (vectors and threads of this machine) or "scalar" (the plain reference).</param>
    public static IKernels Create(string name) => name switch
    {
        "simd" => new SimdKernels(),
        "scalar" => new ScalarKernels(),
        _ => throw new ArgumentException($"Unknown backend '{name}'; the backends are 'simd' and 'scalar'.", nameof(name)),
    };
}
