using Microsoft.ML.Score.Reports.Pages;
using Microsoft.ML.Score.Training;
using static System.FormattableString;

namespace Microsoft.ML.Score.Reports.Training;

/// <summary>What a reader must know first: the verdict, or that there is none yet, and the few numbers behind it.</summary>
internal sealed class TrainingHeadline(TrainingRecord record)
{
    private readonly StepMetrics? _last = record.Steps.LastOrDefault();
    private readonly ValidationMetrics? _first = record.Validations.FirstOrDefault();
    private readonly ValidationMetrics? _best = record.Validations.LastOrDefault(validation => validation.IsBest);

    public string Title => record.Model is { } model ? $"Training of a policy for {model}" : "Training of a policy";

    /// <summary>The verdict in two words.</summary>
    public string Short => record.Verdict is null ? "not finished" : record.WentWrong ? "went wrong" : "finished";

    public string ToHtml() => $"""
        <h1>{HtmlPage.Encode(Title)}</h1>
        <p class="lead verdict {(record.Verdict is null ? "" : record.WentWrong ? "bad" : "good")}">{HtmlPage.Encode(Verdict)}</p>
        <div class="tiles">
        {string.Concat(Tiles().Select(tile => $"<p><span class=\"quiet\">{HtmlPage.Encode(tile.Name)}</span><strong>{HtmlPage.Encode(tile.Value)}</strong><span class=\"quiet\">{HtmlPage.Encode(tile.Beside)}</span></p>\n"))}</div>
        """;

    private string Verdict => record.Verdict ?? (_last is null
        ? "This training is not finished: it has taken no step yet."
        : $"This training is not finished: {Progress(_last)}, in the {StageName.Of(_last.Stage)}.");

    private string Progress(StepMetrics last) => record.Options is { } options ? Invariant($"step {last.Step} of {StageName.StepsOf(options)}") : Invariant($"step {last.Step}");

    private IEnumerable<(string Name, string Value, string Beside)> Tiles()
    {
        if (_best is not null && _first is not null)
            yield return (
                Invariant($"Validation cross-entropy at {_best.RetentionRatio * 100:0.##}%"), Invariant($"{_best.CrossEntropy:F4}"),
                Invariant($"nats a token, step {_best.Step}; {(_first.Step == 0 ? Invariant($"{_first.CrossEntropy:F4} before training, ") : "")}{_best.BaseCrossEntropy:F4} with all tokens"));
        if (_last is null)
            yield break;
        var recent = record.Steps.Where(step => step.Stage == _last.Stage).TakeLast(StageName.Window).ToList();
        yield return ("Sampled masks keep", Invariant($"{recent.Average(step => step.Retention):0.0%}"), Invariant($"of the tokens, last {recent.Count} steps{(record.Options is { } options ? Invariant($"; rho is {options.RetentionRatio * 100:0.##}%") : "")}"));
        yield return ("Safe rollouts", Invariant($"{recent.Average(step => step.SafeShare):0%}"), Invariant($"last {recent.Count} steps"));
        yield return ("Steps", Invariant($"{_last.Step}"), Invariant($"in {Duration(record.Steps.Sum(step => step.Seconds) + record.Validations.Sum(validation => validation.Seconds))}, validations included"));
    }

    private static string Duration(double seconds) => seconds switch
    {
        < 100 => Invariant($"{seconds:0.0} s"),
        < 6000 => Invariant($"{seconds / 60:0.0} min"),
        _ => Invariant($"{seconds / 3600:0.0} h"),
    };
}

/// <summary>The stages in words, and how long they are.</summary>
internal static class StageName
{
    /// <summary>Steps that are averaged where a number says how a stage ended, as the verdict does.</summary>
    public const int Window = 20;

    public static string Of(TrainingStage stage) => stage == TrainingStage.WarmUp ? "warm-up" : "main stage";

    /// <summary>Steps of both stages, if neither ends early.</summary>
    public static int StepsOf(TrainerOptions options) => (options.UseWarmUp ? options.WarmUpSteps : 0) + (options.UseMainStage ? options.MainSteps : 0);
}
