// Measures this machine's ceilings and how near the kernels come to them; docs/benchmarks.md tells how to read the figures.
//
//   dotnet run --project tests/Microsoft.ML.Score.Benchmarks -c Release -- ceilings

using Microsoft.ML.Score.Benchmarks;

switch (args)
{
    case ["ceilings"]:
        Ceilings.Print(Ceilings.Measure());
        return 0;
    case ["matmul"]:
        MatrixProducts.Run();
        return 0;
    case ["compressors"]:
        Compressors.Run();
        return 0;
    case ["policy"]:
        PolicyScores.Run();
        return 0;
    case ["step"]:
        StepSplit.Run();
        return 0;
    default:
        Console.Error.WriteLine("Usage: ceilings | matmul | compressors | policy | step");
        Console.Error.WriteLine("  ceilings     peak fused multiply-adds on 1 and all threads, memory and cache read bandwidth");
        Console.Error.WriteLine("  matmul       linear layers against OpenBLAS, the naive loop and System.Numerics.Tensors");
        Console.Error.WriteLine("  compressors  every compressor on the tokens of one long video, against one pass over them in memory");
        Console.Error.WriteLine("  policy       scoring and choosing the tokens of a long video, from memory and from a mapped feature file");
        Console.Error.WriteLine("  step         where a step of the training spends its time, and what it allocates");
        return 2;
}
