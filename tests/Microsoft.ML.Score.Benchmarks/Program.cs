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
    default:
        Console.Error.WriteLine("Usage: ceilings | matmul | compressors");
        Console.Error.WriteLine("  ceilings   peak fused multiply-adds on 1 and all threads, memory and cache read bandwidth");
        Console.Error.WriteLine("  matmul     linear layers against OpenBLAS, the naive loop and System.Numerics.Tensors");
        Console.Error.WriteLine("  compressors  every compressor on the tokens of one long video, against one pass over them in memory");
        return 2;
}
