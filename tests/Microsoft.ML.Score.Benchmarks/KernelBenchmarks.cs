using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Storage;
using Perfolizer.Horology;

namespace Microsoft.ML.Score.Benchmarks;

/// <summary>
/// Each kernel on one sequence of the size that a training step of the embedded model sees, and what it allocates; the scalar reference is
/// the baseline.
/// </summary>
[MemoryDiagnoser(displayGenColumns: false)]
public class KernelBenchmarks
{
    private const int Tokens = 512, Hidden = 256, Heads = 4, KeyValueHeads = 2, HeadDimension = Hidden / Heads;

    private IKernels _kernels = null!;
    private Tensor _x = null!, _row = null!, _keys = null!, _cos = null!, _sin = null!;
    private Weight _weight = null!;

    [Params("simd", "scalar")]
    public string Backend { get; set; } = "simd";

    public static void Run() => BenchmarkRunner.Run<KernelBenchmarks>(
        // In this process: another one would have to be built for it first.
        ManualConfig.Create(DefaultConfig.Instance).AddJob(Job.ShortRun.WithIterationTime(TimeInterval.FromMilliseconds(100)).WithToolchain(InProcessEmitToolchain.Instance)).WithOptions(ConfigOptions.DisableLogFile));

    [GlobalSetup]
    public void Create()
    {
        _kernels = ComputeBackend.Named(Backend).Kernels;
        _x = Random(Tokens, Hidden);
        _row = Random(1, Hidden);
        _keys = Random(Tokens, KeyValueHeads * HeadDimension);
        var angles = RandomValues.Of(3, Tokens * HeadDimension / 2);
        _cos = _kernels.Upload(Array.ConvertAll(angles, MathF.Cos), Tokens, HeadDimension / 2);
        _sin = _kernels.Upload(Array.ConvertAll(angles, MathF.Sin), Tokens, HeadDimension / 2);
        _weight = _kernels.UploadWeight(new WeightValues(RandomValues.Of(5, Hidden * Hidden), TensorType.F32), 0, Hidden, Hidden);
    }

    [Benchmark]
    public void Linear() => _kernels.Linear(_x, _weight, _row, residual: _x).Dispose();

    [Benchmark]
    public void LinearGelu() => _kernels.Linear(_x, _weight, _row, Activation.Gelu).Dispose();

    [Benchmark]
    public void Attention() => _kernels.Attention(_x, _keys, _keys, [AttentionSegment.Self(0, Tokens)], HeadDimension, causal: true).Dispose();

    [Benchmark]
    public void RmsNorm() => _kernels.RmsNorm(_x, _row, 1e-6f).Dispose();

    [Benchmark]
    public void LayerNorm() => _kernels.LayerNorm(_x, _row, _row, 1e-6f).Dispose();

    [Benchmark]
    public void Rotary() => _kernels.Rotary(_x, _cos, _sin);

    [Benchmark]
    public void SwiGlu() => _kernels.SwiGlu(_x, _x).Dispose();

    [Benchmark]
    public void CrossEntropy() => _kernels.CrossEntropy(_x, new int[Tokens]);

    private Tensor Random(int rows, int columns) => _kernels.Upload(RandomValues.Of(rows, rows * columns), rows, columns);
}
