using System.Runtime.InteropServices;
using TorchSharp;

namespace Microsoft.ML.Score.TorchSharp;

/// <summary>
/// torch's native libraries, checked before anything else of torch is touched: the type initialiser of <see cref="torch"/> copies half a
/// gigabyte of libraries when it fails, and stays failed for the process.
/// </summary>
/// <param name="load">Loads the library that TorchSharp calls.</param>
/// <param name="devices">How many GPUs torch sees, once loaded.</param>
internal sealed class TorchRuntime(Action load, Func<int> devices)
{
    private const string Version = "0.107.0";

    private const int LongestReason = 250;

    /// <summary>What this process has.</summary>
    public static TorchRuntime OfThisProcess { get; } = new(
        () => NativeLibrary.Load("LibTorchSharp", typeof(torch).Assembly, null),
        () => torch.cuda.is_available() ? torch.cuda.device_count() : 0);

    /// <exception cref="DllNotFoundException">The native library is missing, or a library of the system that it needs is too old.</exception>
    public void RequireLibrary()
    {
        try
        {
            load();
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            throw new DllNotFoundException(exception.Message.Contains("GLIBCXX", StringComparison.Ordinal)
                ? $"TorchSharp {Version} needs the libstdc++ of GCC 13.2 or later, which Debian 13 and Ubuntu 24.04 have; this system's is older. Loader: {Reason(exception)}"
                : $"TorchSharp's native library could not be loaded. Add the package TorchSharp-cpu {Version}, or for an NVIDIA GPU TorchSharp-cuda-linux or "
                    + $"TorchSharp-cuda-windows {Version}, to the application. Loader: {Reason(exception)}",
                exception);
        }
    }

    /// <exception cref="DllNotFoundException">As <see cref="RequireLibrary"/>.</exception>
    /// <exception cref="PlatformNotSupportedException">There is no GPU, or none of that index.</exception>
    public void RequireDevice(int index)
    {
        RequireLibrary();
        var count = devices();
        if (count == 0)
            throw new PlatformNotSupportedException(
                $"TorchSharp sees no CUDA device. Where there is one, nvidia-smi lists it: the application then needs TorchSharp-cuda-linux or TorchSharp-cuda-windows {Version} "
                + "in place of TorchSharp-cpu. Where there is none, use ComputeBackend.Simd or TorchSharpBackend.Cpu.");
        if (index >= count)
            throw new PlatformNotSupportedException(
                $"There is no CUDA device {index}: TorchSharp sees {count}, numbered from 0 to {count - 1}. CUDA_VISIBLE_DEVICES hides those it does not name.");
    }

    /// <summary>
    /// The loader's lines in one, and of many the first ones. The runtime's own advice stands before them; places where TorchSharp's library was
    /// looked for in vain come last, for one of its dependencies may be what is missing.
    /// </summary>
    private static string Reason(Exception exception)
    {
        var lines = exception.Message.Split((char[])['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var reason = string.Join("; ", lines.Skip(lines.Length > 1 ? 1 : 0).OrderBy(line => line.Contains("GLIBCXX") ? 0 : line.Contains("LibTorchSharp") ? 2 : 1).Distinct());
        return reason.Length <= LongestReason ? reason : reason[..LongestReason] + "...";
    }
}
