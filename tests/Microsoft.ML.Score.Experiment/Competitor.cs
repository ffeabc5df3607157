using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Evaluation;

namespace Microsoft.ML.Score.Experiment;

/// <summary>One row of the tables: a way to select tokens, over one or several seeds, at each retention ratio.</summary>
internal sealed class Competitor
{
    private readonly Dictionary<double, BenchmarkSystem[]> _systems;

    /// <param name="name">The row's name.</param>
    /// <param name="runs">One compressor a seed.</param>
    /// <param name="ratios">Retention ratios.</param>
    /// <param name="isControl">Whether the trained policy is promised to be ahead of it; ablations are only reported.</param>
    public Competitor(string name, IReadOnlyList<ITokenCompressor> runs, IReadOnlyList<double> ratios, bool isControl)
    {
        Name = name;
        IsControl = isControl;
        _systems = ratios.ToDictionary(ratio => ratio, ratio => runs.Select(run => new BenchmarkSystem(run, ratio)).ToArray());
    }

    public string Name { get; }

    public bool IsControl { get; }

    public IEnumerable<BenchmarkSystem> Systems => _systems.Values.SelectMany(systems => systems);

    public IReadOnlyCollection<BenchmarkSystem> At(double ratio) => _systems[ratio];
}
