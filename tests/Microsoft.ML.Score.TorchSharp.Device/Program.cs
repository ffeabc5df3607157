// Checks and measures the TorchSharp backend on a machine, beside the managed engine where that is asked for. README.md says how it is
// carried to a machine with a GPU.
//
//   dotnet run --project tests/Microsoft.ML.Score.TorchSharp.Device -p:TorchRuntime=cpu -- golden cpu f32 tests/Goldens/models/llava_video_tiny
//   dotnet run --project tests/Microsoft.ML.Score.TorchSharp.Device -p:TorchRuntime=cpu -- prefill cpu f32 tiny

using System.Globalization;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.TorchSharp;
using Microsoft.ML.Score.TorchSharp.Device;
using TorchSharp;

const string usage = """
    Usage: COMMAND managed|cpu|cuda f32|bf16 [...]
      golden  DEVICE TYPE FOLDER...        golden cases of models: the largest deviation of each kind
      kernels DEVICE TYPE tiny|half|7b     a linear layer and causal attention
      prefill DEVICE TYPE tiny|half|7b [N] the first token after 42,566 to 4,348 visual tokens, at most N; 16 rollouts, without N
      policy  DEVICE TYPE tiny|7b          scores and top-K where the features are
      train   DEVICE TYPE STEPS            the embedded model's training: seconds a step, memory, the policy beside the managed one
    """;

if (args is not [var command, var device, var type, .. var rest] || Backend() is not { } backend)
{
    Console.Error.WriteLine(usage);
    return 2;
}

try
{
    var measure = new Measure(backend, device == "cuda");
    switch (command, rest)
    {
        case ("golden", [_, ..]):
            return GoldenCheck.Run(backend, isSingle: type == "f32", rest);
        case ("kernels", [var size]):
            KernelTimes.Run(measure, ModelShape.Named(size));
            return 0;
        case ("prefill", [var size]):
            PrefillTimes.Run(measure, ModelShape.Named(size), most: null);
            return 0;
        case ("prefill", [var size, var most]):
            PrefillTimes.Run(measure, ModelShape.Named(size), int.Parse(most, CultureInfo.InvariantCulture));
            return 0;
        case ("policy", [var size]) when device != "managed":
            PolicyTimes.Run(measure, ModelShape.Named(size), device == "cuda" ? new torch.Device(DeviceType.CUDA, 0) : torch.CPU, type == "bf16");
            return 0;
        case ("train", [var steps]):
            return TrainingCheck.Run(backend, int.Parse(steps, CultureInfo.InvariantCulture));
        default:
            Console.Error.WriteLine(usage);
            return 2;
    }
}
catch (Exception exception) when (exception is DllNotFoundException or PlatformNotSupportedException or InsufficientMemoryException or ArgumentException)
{
    Console.Error.WriteLine($"device: {exception.Message}");
    return 1;
}

ComputeBackend? Backend() => (device, type) switch
{
    ("managed", "f32") => ComputeBackend.Simd,
    ("cpu", "f32") => TorchSharpBackend.Cpu,
    ("cpu", "bf16") => TorchSharpBackend.CpuBFloat16,
    ("cuda", "f32") => TorchSharpBackend.CudaSingle(0),
    ("cuda", "bf16") => TorchSharpBackend.Cuda(0),
    _ => null,
};
