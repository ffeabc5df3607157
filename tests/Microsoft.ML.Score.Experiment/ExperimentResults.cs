using Microsoft.ML.Score.Evaluation;

namespace Microsoft.ML.Score.Experiment;

/// <summary>Everything measured; what tables, figures and promises are made from, and what results.json holds. Shares are of 1.</summary>
/// <param name="Model">Where the model was loaded from.</param>
/// <param name="Fingerprint">The model's fingerprint.</param>
/// <param name="Settings">What decided the numbers.</param>
/// <param name="Rows">Every selection at every ratio on every length, SCORE first.</param>
/// <param name="Coverage">What each selection keeps.</param>
/// <param name="Sweep">SCORE, then all tokens, on every length of the sweep.</param>
internal sealed record ExperimentResults(
    string Model, string Fingerprint, ExperimentSettings Settings, IReadOnlyList<ExperimentRow> Rows, IReadOnlyList<CoverageRow> Coverage, IReadOnlyList<ExperimentRow> Sweep)
{
    /// <summary>The rows of a table, SCORE first.</summary>
    public IEnumerable<ExperimentRow> Table(string length, double ratio) => Rows.Where(row => row.Length == length && row.Result.RetentionRatio == ratio);

    public IEnumerable<string> Lengths => Rows.Select(row => row.Length).Distinct();

    /// <summary>SCORE and all tokens on each length of the sweep.</summary>
    public IEnumerable<(ExperimentRow Score, ExperimentRow AllTokens)> SweepPairs() =>
        Sweep.Where(row => row.Kind == SelectionKind.Score).Zip(Sweep.Where(row => row.Kind == SelectionKind.AllTokens));

    /// <summary>Compares selections on each length of a run. All tokens stand in the table of every ratio.</summary>
    public static IEnumerable<ExperimentRow> Compare(BenchmarkRun run, IReadOnlyList<Selection> selections, IReadOnlyList<double> ratios)
    {
        var rows = ratios.SelectMany(ratio => selections.Select(selection => (selection.Kind, System: new ComparedSystem(selection.Systems[ratio])
        {
            Name = selection.Name,
            RetentionRatio = ratio,
            IsReference = selection.Kind == SelectionKind.Score,
        }))).ToList();
        foreach (var length in run.LengthClasses)
            foreach (var (row, system) in rows.Zip(BenchmarkResult.Of([run.OfLength(length)], [.. rows.Select(row => row.System)]).Systems))
                yield return new ExperimentRow(length, row.Kind, system);
    }
}

/// <summary>A selection on the videos of one length.</summary>
/// <param name="Length">The length class.</param>
/// <param name="Kind">What the selection is.</param>
/// <param name="Result">Its figures.</param>
internal sealed record ExperimentRow(string Length, SelectionKind Kind, SystemResult Result)
{
    /// <summary>Whether the ratio is one that it can reach, if only nearly: VidCom2 and HoliTom keep a little more than asked, DyCoke never less than a quarter.</summary>
    public bool ReachesRatio => Result.Retention <= 1.5 * Result.RetentionRatio;

    /// <summary>The share of right answers.</summary>
    public Estimate Accuracy => Result.Benchmarks[0].Metrics[0].Estimate;

    /// <summary>Accuracy of SCORE minus this one's, paired by question; null for SCORE.</summary>
    public Estimate? ScoreMinus => Result.Benchmarks[0].ReferenceMinusThis;
}
