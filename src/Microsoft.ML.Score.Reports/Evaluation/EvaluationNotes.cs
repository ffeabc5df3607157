using System.Globalization;
using Microsoft.ML.Score.Evaluation;

namespace Microsoft.ML.Score.Reports.Evaluation;

/// <summary>What must be known beside the figures: what was asked, what was left out, and where they come from.</summary>
/// <param name="Text">A sentence.</param>
/// <param name="Items">What it counts, one by one; empty for nothing.</param>
internal sealed record EvaluationNote(string Text, IReadOnlyList<string> Items);

/// <summary>The notes of a document.</summary>
internal static class EvaluationNotes
{
    public static IEnumerable<EvaluationNote> Of(EvaluationDocument document)
    {
        foreach (var (benchmark, notAsked) in document.Result.Benchmarks.Zip(document.QuestionsNotAsked))
        {
            yield return new(
                Figures.Text($"{benchmark.Name}: {benchmark.Questions:#,0} questions about {benchmark.Videos:#,0} videos, {benchmark.Metrics[0]}; guessing scores {benchmark.ChanceLevel:0.0%}."), []);
            if (benchmark.MissingVideos.Count + benchmark.UnreadableVideos.Count + notAsked.Count == 0)
                yield return new($"{benchmark.Name}: no video was missing or unreadable, and no annotated question was left out.", []);
            foreach (var (what, items) in new[] { ("videos missing", benchmark.MissingVideos), ("videos unreadable", benchmark.UnreadableVideos), ("annotated questions not asked", notAsked) })
                if (items.Count > 0)
                    yield return new(Figures.Text($"{benchmark.Name}: {items.Count:#,0} {what}."), items);
        }

        var (unreadable, answers) = (document.Result.Systems.Sum(system => system.UnreadableAnswers), document.Result.Systems.Sum(system => system.Runs) * document.Result.Benchmarks.Sum(benchmark => benchmark.Questions));
        yield return new(
            Figures.Text($"From {unreadable:#,0} of {answers:#,0} answers no option could be read{(unreadable > 0 ? "; they count as wrong" : "")}."),
            [.. document.Result.Systems.Where(system => system.UnreadableAnswers > 0).Select(system => Figures.Text($"{system.Name} at {Figures.Budget(system)}: {system.UnreadableAnswers:#,0}"))]);
        yield return new(
            document.Concurrency == 1 ? "Videos were evaluated one at a time."
                : Figures.Text($"Videos were evaluated {document.Concurrency} at a time: times are those of a machine so loaded, and not comparable with others."), []);
    }

    /// <summary>Where the figures come from; what a document does not say is left out.</summary>
    public static IEnumerable<(string Name, string Value)> Origin(EvaluationDocument document)
    {
        var facts = new List<(string Name, string? Value)>
        {
            ("model", document.ModelSource),
            ("model fingerprint", document.ModelFingerprint),
            ("score version", document.Version),
            ("date", document.Date?.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture)),
            ("command", document.Command),
            ("seed", document.Result.Seed.ToString(CultureInfo.InvariantCulture)),
            ("peak memory", Figures.Text($"{document.Result.PeakMemory / (double)(1 << 30):0.00} GiB")),
        };
        foreach (var policy in document.Policies)
            facts.Add(($"policy of {policy.System}", $"SHA-256 {policy.Hash}{(policy.Provenance is not { } origin ? "; its file does not tell where it came from" : FormattableString.Invariant(
                $"; score {origin.Version} trained it on {origin.Model} with seed {origin.Seed}, {origin.WarmUpSteps} steps of warm-up and {origin.MainSteps} of the main stage, at {origin.RetentionRatio:0.##%}"))}"));
        facts.AddRange(document.Run.Where(fact => fact.Key is not ("model" or "policies" or "seed")).Select(fact => (fact.Key, (string?)fact.Value)));
        return facts.Where(fact => !string.IsNullOrEmpty(fact.Value)).Select(fact => (fact.Name, fact.Value!));
    }
}
