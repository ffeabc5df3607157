using System.Globalization;

namespace Microsoft.ML.Score.Experiment;

/// <summary>One thing that the project promises of its method, and what was measured.</summary>
internal sealed record Promise(string Text, string Measured, bool Holds);

/// <summary>
/// All promises, in one place. They hold only where they were tested: what was not asked, or on too few questions, counts as broken.
/// </summary>
internal static class Promises
{
    private const int Questions = 1000;
    private const int Seeds = 3;
    private const double Lowest = 0.10;

    public static IReadOnlyList<Promise> Check(ExperimentResults results) =>
    [
        .. Sizes(results),
        .. AllTokensAreRight(results, "short"), .. AllTokensAreRight(results, "medium"),
        .. ScoreIsAhead(results, "medium"), .. ScoreIsAhead(results, "long"),
        .. ScoreIsNotBehind(results, "medium"), .. ScoreIsNotBehind(results, "long"),
        .. results.Table("medium", Lowest).Take(1).Select(score => new Promise(
            "SCORE at 10% keeps 99.5% of all-token accuracy on medium", score.Result.KeptShare is null ? "no right answer with all tokens" : Format.Interval(score.Result.KeptShare), score.Result.KeptShare is { Value: >= 0.995 })),
        .. results.Table("long", 0.25).Where(row => row.Kind == SelectionKind.AllTokens).Select(all => new Promise(
            "SCORE at 25% is above all tokens on long", Format.Difference(all.ScoreMinus!), all.ScoreMinus!.Low > 0)),
    ];

    private static IEnumerable<Promise> Sizes(ExperimentResults results)
    {
        yield return new Promise($"at least {Seeds} seeds", $"{results.Settings.Seeds}", results.Settings.Seeds >= Seeds);
        foreach (var length in (string[])["short", "medium", "long"])
        {
            var count = results.Rows.FirstOrDefault(row => row.Length == length)?.Accuracy.Count ?? 0;
            yield return new Promise(string.Create(CultureInfo.InvariantCulture, $"at least {Questions:N0} questions on {length}"), $"{count}", count >= Questions);
        }
    }

    private static IEnumerable<Promise> AllTokensAreRight(ExperimentResults results, string length) =>
        results.Table(length, Lowest).Where(row => row.Kind == SelectionKind.AllTokens)
            .Select(all => new Promise($"all tokens are right on 90% of {length}", Format.Interval(all.Accuracy), all.Accuracy.Value >= 0.90));

    private static IEnumerable<Promise> ScoreIsAhead(ExperimentResults results, string length) =>
        Opponents(results, length, Lowest).Select(row => new Promise(
            $"SCORE is ahead of {row.Result.Name} at 10% on {length}, by the whole interval", Format.Difference(row.ScoreMinus!), row.ScoreMinus!.Low > 0));

    /// <summary>At the larger ratios most selections hold everything that matters, so the promise is a smaller one, one per table: it stands for the worst row.</summary>
    private static IEnumerable<Promise> ScoreIsNotBehind(ExperimentResults results, string length) =>
        from ratio in results.Settings.Ratios.Where(ratio => ratio > Lowest)
        let worst = Opponents(results, length, ratio).MinBy(row => row.ScoreMinus!.High)
        where worst is not null
        select new Promise(
            $"SCORE is behind no rival or control at {Format.Ratio(ratio)} on {length} by the whole interval", $"{worst.Result.Name}: {Format.Difference(worst.ScoreMinus!)}", worst.ScoreMinus!.High >= 0);

    /// <summary>Rivals and controls that can reach the ratio; the others are reported with what they keep, and nothing is promised.</summary>
    private static IEnumerable<ExperimentRow> Opponents(ExperimentResults results, string length, double ratio) =>
        results.Table(length, ratio).Where(row => row.Kind is SelectionKind.Rival or SelectionKind.Control && row.ReachesRatio);
}
