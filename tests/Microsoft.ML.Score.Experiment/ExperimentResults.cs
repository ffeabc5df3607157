using Microsoft.ML.Score.Evaluation;

namespace Microsoft.ML.Score.Experiment;

/// <summary>Everything measured; what tables, figures and promises are made from, and what results.json holds. Shares are of 1.</summary>
internal sealed record ExperimentResults(
    string Model, string Fingerprint, ExperimentSettings Settings, IReadOnlyList<ResultRow> Rows, IReadOnlyList<CategoryRow> Categories,
    IReadOnlyList<CoverageRow> Coverage, IReadOnlyList<SweepRow> Sweep)
{
    /// <summary>The rows of a table, SCORE first.</summary>
    public IEnumerable<ResultRow> Table(string length, double ratio) => Rows.Where(row => row.Length == length && row.Ratio == ratio);

    public IEnumerable<string> Lengths => Rows.Select(row => row.Length).Distinct();

    public static IEnumerable<ResultRow> Compare(BenchmarkResult all, IReadOnlyList<Selection> selections, IReadOnlyList<double> ratios)
    {
        var score = selections.Single(selection => selection.Kind == SelectionKind.Score);
        foreach (var length in all.Questions.Select(question => question.LengthClass).Distinct())
        {
            var result = all.OfLength(length);
            var average = new BenchmarkAverage([(result, BenchmarkMetric.Accuracy)]);
            foreach (var ratio in ratios)
                foreach (var selection in selections)
                {
                    var systems = selection.Systems[ratio];
                    yield return new ResultRow(
                        selection.Name, selection.Kind, length, ratio, systems.Length, result.Retention(systems), result.Accuracy(systems),
                        average.Kept(systems, [BenchmarkSystem.AllTokens]), selection == score ? null : result.Difference(score.Systems[ratio], systems),
                        result.CaptionCrossEntropy(systems).Value, result.PrefillTime(systems).TotalMilliseconds, result.UnreadableAnswers(systems));
                }
        }
    }

    public static IEnumerable<CategoryRow> CompareByCategory(BenchmarkResult all, Selection score, double ratio) =>
        from length in all.Questions.Select(question => question.LengthClass).Distinct()
        let result = all.OfLength(length)
        from pair in result.AccuracyByCategory([BenchmarkSystem.AllTokens]).Zip(result.AccuracyByCategory(score.Systems[ratio]))
        select new CategoryRow(length, pair.First.Category, ratio, pair.First.Accuracy, pair.Second.Accuracy);

    public static IEnumerable<SweepRow> CompareByLength(BenchmarkResult all, Selection score, double ratio) =>
        from steps in LengthSweep.Steps
        let result = all.OfLength($"{steps}")
        let systems = score.Systems[ratio]
        select new SweepRow(
            steps, ratio, result.Retention(systems), result.Accuracy([BenchmarkSystem.AllTokens]), result.Accuracy(systems), result.Difference(systems, [BenchmarkSystem.AllTokens]));
}

/// <summary>A selection on the videos of one length.</summary>
/// <param name="Selection">Its name.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Length">The length class.</param>
/// <param name="Ratio">The retention ratio asked for.</param>
/// <param name="Runs">Seeds averaged, question by question.</param>
/// <param name="Retention">The share of the tokens that reached the language model.</param>
/// <param name="Accuracy">The share of right answers.</param>
/// <param name="Kept">Accuracy as a share of that with all tokens, paired; null where all tokens give no right answer.</param>
/// <param name="ScoreMinus">Accuracy of SCORE minus this one's, paired by question; null for SCORE.</param>
/// <param name="CaptionCrossEntropy">In nats a token.</param>
/// <param name="PrefillMilliseconds">Mean over questions.</param>
/// <param name="Unreadable">Answers without a readable option, counted wrong.</param>
internal sealed record ResultRow(
    string Selection, SelectionKind Kind, string Length, double Ratio, int Runs, double Retention, Estimate Accuracy, Estimate? Kept, Estimate? ScoreMinus,
    double CaptionCrossEntropy, double PrefillMilliseconds, int Unreadable)
{
    /// <summary>Whether the ratio is one that it can reach, if only nearly: VidCom2 and HoliTom keep a little more than asked, DyCoke never less than a quarter.</summary>
    public bool ReachesRatio => Retention <= 1.5 * Ratio;
}

/// <summary>All tokens and SCORE on the questions of one category.</summary>
internal sealed record CategoryRow(string Length, string Category, double Ratio, Estimate AllTokens, Estimate Score);

/// <summary>All tokens and SCORE on videos of one length of the sweep.</summary>
internal sealed record SweepRow(int Steps, double Ratio, double Retention, Estimate AllTokens, Estimate Score, Estimate ScoreMinusAllTokens);
