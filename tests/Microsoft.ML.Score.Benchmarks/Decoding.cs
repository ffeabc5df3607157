using System.Diagnostics;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Benchmarks;

/// <summary>
/// A generated token takes every weight once for one row, so reading the weights bounds it: the MLP's first layer of a 7B model
/// with one to six rows, as bytes of weights a second beside what the machine reads from memory in the same run.
/// </summary>
internal static class Decoding
{
    private const int Output = 18944, Input = 3584, Rounds = 60;

    public static void Run()
    {
        var random = new Random(1);
        var values = new float[Output * Input];
        foreach (ref var value in values.AsSpan())
            value = random.NextSingle() * 2 - 1;
        var kernels = ComputeBackend.Simd.Kernels;
        var memoryRead = Ceilings.Measure().MemoryRead;
        Console.WriteLine($"linear layer {Output} x {Input}, bf16 weights; memory read {memoryRead / 1e9:F1} GB/s");
        Console.WriteLine("  rows   best ms   GB/s of weights   of memory read");
        var weight = kernels.UploadWeight(new WeightValues(values, TensorType.BF16), 0, Output, Input);
        foreach (var rows in (int[])[1, 2, 4, 6])
        {
            using var x = kernels.Upload(values.AsSpan(0, rows * Input), rows, Input);
            var best = double.MaxValue;
            for (var round = 0; round < Rounds; round++)
            {
                var start = Stopwatch.GetTimestamp();
                kernels.Linear(x, weight).Dispose();
                best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
            }

            var rate = 2.0 * Output * Input / best;
            Console.WriteLine($"  {rows,4} {best * 1e3,9:F2} {rate / 1e9,17:F1} {rate / memoryRead,16:P1}");
        }
    }
}
