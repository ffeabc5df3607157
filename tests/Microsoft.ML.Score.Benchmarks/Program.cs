// Measures this machine's ceilings and how near the kernels come to them; docs/benchmarks.md tells how to read the figures.
//
//   dotnet run --project tests/Microsoft.ML.Score.Benchmarks -c Release -- ceilings

using Microsoft.ML.Score.Benchmarks;

(string Name, string What, Action Run)[] commands =
[
    ("ceilings", "peak fused multiply-adds on 1 and all threads, memory and cache read bandwidth", () => Ceilings.Print(Ceilings.Measure())),
    ("matmul", "linear layers against OpenBLAS, the naive loop and System.Numerics.Tensors", MatrixProducts.Run),
    ("attention", "causal attention of 8,192 and 42,657 tokens", AttentionForward.Run),
    ("kernels", "each kernel beside the scalar reference, by BenchmarkDotNet", KernelBenchmarks.Run),
    ("compressors", "every compressor on the tokens of one long video, against one pass over them in memory", Compressors.Run),
    ("policy", "scoring and choosing the tokens of a long video, from memory and from a mapped feature file", PolicyScores.Run),
    ("prefill", "the paper's table 3 in shape: the first token after 42,566 to 4,348 visual tokens, and its memory", () => Prefill.Run(layers: 4)),
    ("prefill-quick", "the same with two layers, a third of the work", () => Prefill.Run(layers: 2)),
    ("decode", "one generated token: how near a linear layer of one row comes to reading its weights from memory", Decoding.Run),
    ("step", "where a step of the training spends its time, and what it allocates", StepSplit.Run),
];

var chosen = commands.Where(command => args is [var name] && name == command.Name).ToArray();
if (chosen is [var (_, _, run)])
{
    run();
    return 0;
}

Console.Error.WriteLine($"Usage: {string.Join(" | ", commands.Select(command => command.Name))}");
foreach (var (name, what, _) in commands)
    Console.Error.WriteLine($"  {name,-14} {what}");
return 2;
