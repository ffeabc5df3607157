using Microsoft.ML.Score.Evaluation;

namespace Microsoft.ML.Score.Experiment;

/// <summary>What a selection is to the trained policy; it says what is promised of the two.</summary>
internal enum SelectionKind
{
    Score,

    /// <summary>No selection: the measure of all others.</summary>
    AllTokens,

    /// <summary>SCORE with a part taken away; reported, with nothing promised.</summary>
    Ablation,

    /// <summary>A published method without training.</summary>
    Rival,

    /// <summary>What anybody would try first.</summary>
    Control,
}

/// <summary>One row of the tables: a way to select tokens, over one or several seeds, at each retention ratio.</summary>
/// <param name="Name">The row's name.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Systems">One system per seed for each ratio.</param>
internal sealed record Selection(string Name, SelectionKind Kind, IReadOnlyDictionary<double, BenchmarkSystem[]> Systems)
{
    /// <summary>Whether it brings vectors of its own, so that no token is kept as it was.</summary>
    public bool Merges { get; init; }

    public Selection(string name, SelectionKind kind, IReadOnlyList<double> ratios, Func<double, IEnumerable<BenchmarkSystem>> systems)
        : this(name, kind, ratios.ToDictionary(ratio => ratio, ratio => systems(ratio).ToArray()))
    {
    }
}
