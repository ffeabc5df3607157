using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.TorchSharp;

namespace Score.Cli.Usage;

/// <summary>What a model can compute on, by the words of the command line.</summary>
internal static class Backends
{
    /// <summary>The words, the default first.</summary>
    public static IReadOnlyList<string> Words { get; } = ["simd", "scalar", "torch-cpu", "torch-cuda"];

    /// <summary>The backend of one of <see cref="Words"/>; what it needs is looked for when a model is loaded.</summary>
    public static ComputeBackend Named(string word) => word switch
    {
        "simd" => ComputeBackend.Simd,
        "scalar" => ComputeBackend.Scalar,
        "torch-cpu" => TorchSharpBackend.Cpu,
        "torch-cuda" => TorchSharpBackend.Cuda(0),
        _ => throw new ArgumentOutOfRangeException(nameof(word), word, $"Not one of {string.Join(", ", Words)}."),
    };
}
