using Microsoft.ML.Score.Kernels;
using TorchSharp;

namespace Microsoft.ML.Score.TorchSharp;

/// <summary>
/// Frozen models on TorchSharp: an NVIDIA GPU, or the CPU through LibTorch. The application adds the package with the native libraries,
/// TorchSharp-cuda-linux, TorchSharp-cuda-windows or TorchSharp-cpu 0.107.0; that they are there is checked when a model is loaded.
/// </summary>
/// <example><code>using var model = VideoModel.Load(folder, new VideoModelOptions { Backend = TorchSharpBackend.Cuda(0) });</code></example>
public sealed class TorchSharpBackend : ComputeBackend
{
    // A chunk of 63,000 rows of a 7B model: its prefill of 42,657 rows is one, so that attention needs no mask. Limits count single precision;
    // in bfloat16 half the bytes stand in memory.
    private static readonly ActivationLimits s_gpu = new(ChunkBytes: 16L << 30, LogitValues: 1 << 28, PassValues: 1L << 31, Patches: 1 << 16, ResidentBytes: 4L << 30);

    // Main memory holds the host's copy too.
    private static readonly ActivationLimits s_cpu = ActivationLimits.MainMemory with { ResidentBytes = 256 << 20 };

    private readonly Action _require;
    private readonly Lazy<IKernels> _kernels;

    private TorchSharpBackend(string name, Action require, Func<torch.Device> device, bool isSingle, ActivationLimits limits)
        : base(name)
    {
        _require = require;
        _kernels = new(() => Create(name, device, isSingle, limits));
    }

    /// <summary>The CPU through LibTorch, in single precision.</summary>
    public static TorchSharpBackend Cpu { get; } = OnCpu("torch-cpu", isSingle: true);

    /// <summary>An NVIDIA GPU in bfloat16, in which such models are published.</summary>
    /// <param name="index">Which one, from 0.</param>
    public static TorchSharpBackend Cuda(int index) => OnGpu(index, "torch-cuda", isSingle: false);

    /// <summary>An NVIDIA GPU in single precision: slower and twice the memory, for comparison with the CPU.</summary>
    /// <param name="index">Which one, from 0.</param>
    public static TorchSharpBackend CudaSingle(int index) => OnGpu(index, "torch-cuda-f32", isSingle: true);

    /// <summary>Whether the native libraries load and see the GPU of that index.</summary>
    /// <param name="index">Which one, from 0.</param>
    public static bool IsCudaAvailable(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        try
        {
            TorchRuntime.OfThisProcess.RequireDevice(index);
            return true;
        }
        catch (Exception exception) when (exception is DllNotFoundException or PlatformNotSupportedException)
        {
            return false;
        }
    }

    /// <summary>The CPU in bfloat16, to rehearse what a GPU computes.</summary>
    internal static TorchSharpBackend CpuBFloat16 { get; } = OnCpu("torch-cpu-bf16", isSingle: false);

    internal override IKernels Kernels
    {
        get
        {
            _require();
            return _kernels.Value;
        }
    }

    private static TorchSharpBackend OnCpu(string name, bool isSingle) =>
        new(name, TorchRuntime.OfThisProcess.RequireLibrary, () => torch.CPU, isSingle, s_cpu);

    private static TorchSharpBackend OnGpu(int index, string name, bool isSingle)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        return new($"{name}:{index}", () => TorchRuntime.OfThisProcess.RequireDevice(index), () => new torch.Device(DeviceType.CUDA, index), isSingle, s_gpu);
    }

    // Apart, so that torch is not touched where it cannot be loaded.
    private static TorchKernels Create(string name, Func<torch.Device> device, bool isSingle, ActivationLimits limits) =>
        new(name, device(), isSingle ? torch.ScalarType.Float32 : torch.ScalarType.BFloat16, limits);
}
