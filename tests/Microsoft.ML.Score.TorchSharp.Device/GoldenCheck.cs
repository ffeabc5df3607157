using Microsoft.ML.Score.Goldens;
using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.TorchSharp.Device;

/// <summary>Golden cases of models: how many hold, and how far off the worst of each quantity is.</summary>
internal static class GoldenCheck
{
    public static int Run(ComputeBackend backend, bool isSingle, string[] folders)
    {
        var rows = folders.SelectMany(folder => GoldenFolder.Verify(folder, backend, CancellationToken.None)).ToList();
        foreach (var quantity in rows.GroupBy(row => row.Quantity.Split('.')[^1]))
            Console.WriteLine($"  {quantity.Key,-36} {quantity.Count(),4} rows, worst {quantity.Max(row => row.Deviation):G3}, tolerance {quantity.Max(row => row.Tolerance):G3}");
        var failed = rows.Count(row => row.Outcome != VerificationOutcome.Passed);
        Console.WriteLine($"golden ({backend}): {rows.Count - failed} of {rows.Count} rows within the tolerances of single precision");
        return isSingle && failed > 0 || rows.Count == 0 ? 1 : 0;
    }
}
