using Microsoft.ML.Score.TorchSharp;

namespace Microsoft.ML.Score.Kernels;

/// <summary>The backends that the shared kernel tests run on here: those in single precision, for whose rounding the tolerances are made.</summary>
internal static class TestedBackends
{
    public static readonly string[] Names = ["torch-cpu", "torch-cuda-f32"];

    public static IKernels Kernels(string backend) => Named(backend).Kernels;

    /// <summary>A backend by its word; ignores the test where it needs a GPU and there is none.</summary>
    public static TorchSharpBackend Named(string name)
    {
        // The same tests run on the CPU in both types everywhere; those of a GPU need one and the package of its libraries.
        if (name.Contains("cuda") && !TorchSharpBackend.IsCudaAvailable(0))
            Assert.Ignore("There is no CUDA device, or no package TorchSharp-cuda-linux or TorchSharp-cuda-windows.");
        return name switch
        {
            "torch-cpu" => TorchSharpBackend.Cpu,
            "torch-cpu-bf16" => TorchSharpBackend.CpuBFloat16,
            "torch-cuda" => TorchSharpBackend.Cuda(0),
            "torch-cuda-f32" => TorchSharpBackend.CudaSingle(0),
            _ => throw new ArgumentException($"No backend '{name}'.", nameof(name)),
        };
    }
}
