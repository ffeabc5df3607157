using Microsoft.ML.Score.Kernels.Simd;

namespace Microsoft.ML.Score.Kernels;

/// <summary>
/// What a frozen model computes on. This library has two, both on the processor; other packages bring more. Immutable and safe to share
/// between models and threads; it holds nothing that is disposed.
/// </summary>
/// <example><code>using var model = VideoModel.Load(folder, new VideoModelOptions { Backend = ComputeBackend.Scalar });</code></example>
public abstract class ComputeBackend
{
    private protected ComputeBackend(string name) => Name = name;

    /// <summary>The vectors and threads of this machine's processor, in single precision. The default.</summary>
    public static ComputeBackend Simd { get; } = new CpuBackend("simd", new SimdKernels());

    /// <summary>One plain loop per operation on one thread: the slow reference that others are checked against.</summary>
    public static ComputeBackend Scalar { get; } = new CpuBackend("scalar", new ScalarKernels());

    /// <summary>A word for it: "simd" or "scalar" for those of this library.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Measures, in a fraction of a second, how fast this backend multiplies matrices on this machine.</summary>
    /// <param name="rows">Rows of activations that meet a weight at a time, at least 1: hundreds for a prompt, one for each token of an answer, which waits for the weight.</param>
    /// <returns>Floating-point operations a second.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no row, or there are more than 4096.</exception>
    public double MeasureFlops(int rows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, 4096);

        return ProductSpeed.Measure(Kernels, rows);
    }

    /// <summary>One of this library's by its word.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    internal static ComputeBackend Named(string name) => name switch
    {
        "simd" => Simd,
        "scalar" => Scalar,
        _ => throw new ArgumentException($"Unknown backend '{name}'; the backends are 'simd' and 'scalar'.", nameof(name)),
    };

    /// <summary>The operations that models are written in.</summary>
    internal abstract IKernels Kernels { get; }

    private sealed class CpuBackend(string name, IKernels kernels) : ComputeBackend(name)
    {
        internal override IKernels Kernels => kernels;
    }
}
