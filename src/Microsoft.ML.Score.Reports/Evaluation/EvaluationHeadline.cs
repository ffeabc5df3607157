using Microsoft.ML.Score.Evaluation;

namespace Microsoft.ML.Score.Reports.Evaluation;

/// <summary>What an evaluation says, in two sentences: how well the compared method does with the fewest tokens, beside all tokens.</summary>
internal sealed class EvaluationHeadline
{
    private readonly BenchmarkResult _result;
    private readonly SystemResult? _all;
    private readonly SystemResult _subject;

    public EvaluationHeadline(BenchmarkResult result)
    {
        _result = result;
        _all = AllTokensOf(result);
        // Documents of before do not say which rows are references.
        var others = result.Systems.Where(system => system != _all).ToList();
        var subjects = others.Where(system => system.IsReference).ToList();
        if (subjects.Count == 0)
            subjects = [.. others.Where(system => system.Name == "SCORE")];
        if (subjects.Count == 0)
            subjects = others;
        _subject = subjects.Count == 0 ? result.Systems[0] : subjects.MinBy(system => system.TokenCount ?? system.RetentionRatio)!;
    }

    /// <summary>The figures of the method and of all tokens, and their difference.</summary>
    public string Result
    {
        get
        {
            var text = $"{_subject.Name}{(_subject == _all ? "" : $" at {Figures.Budget(_subject)}")}: {Figures.Percent(_subject.Accuracy.Value)} of {Figures.Text($"{Questions:#,0}")} questions"
                + (_result.Benchmarks.Count > 1 ? $", averaged over {_result.Benchmarks.Count} benchmarks" : "");
            if (_all is null || _subject == _all)
                return $"{text} ({Figures.Interval(_subject.Accuracy)}).";
            text += $"; all tokens {Figures.Percent(_all.Accuracy.Value)}";
            if (_subject.MinusAllTokens is { } difference)
                return $"{text}, a difference of {Points(difference.Value)} points ({(difference.Clusters < 2 ? "one video" : $"{Points(difference.Low)} to {Points(difference.High)}")}).";
            return _subject.KeptShare is { } share ? $"{text}, of which {Figures.Percent(share.Value)} is kept ({Figures.Interval(share)})." : $"{text}.";
        }
    }

    /// <summary>What the difference means, and what the method saves.</summary>
    public string Meaning
    {
        get
        {
            var meaning = _subject != _all && _subject.Accuracy.Clusters < 2 ? "All questions are about one video, so they say nothing of others." : (_subject.MinusAllTokens, _subject.KeptShare) switch
            {
                ({ } difference, _) => Of(difference.Low, difference.High, 0),
                (null, { } share) when _subject != _all => Of(share.Low, share.High, 1),
                _ => "",
            };
            return _all is null || _subject == _all ? meaning
                : $"{meaning} The language model reads {Figures.Text($"{_subject.Tokens:#,0.#}")} tokens a video in place of {Figures.Text($"{_all.Tokens:#,0.#}")}; "
                + $"from the question to the end of the prefill, compression included, it is {Figures.Text($"{_subject.SpeedUp:0.0}")} times as fast.";
        }
    }

    /// <summary>Whether the method is better (1) or worse (-1) than all tokens by more than chance; 0 where that is open.</summary>
    public int Sign => _subject.Accuracy.Clusters < 2 ? 0 : _subject.MinusAllTokens switch { { Low: > 0 } => 1, { High: < 0 } => -1, _ => 0 };

    private int Questions => _result.Benchmarks.Sum(benchmark => benchmark.Questions);

    /// <summary>The row of all tokens; null where there is none.</summary>
    public static SystemResult? AllTokensOf(BenchmarkResult result) =>
        result.Systems.FirstOrDefault(system => system.Name == BenchmarkSystem.AllTokens.Name && system.RetentionRatio == 1);

    private static string Of(double low, double high, double same) =>
        low > same ? "That is better than with all tokens, by more than the choice of videos explains."
        : high < same ? "That is worse than with all tokens, by more than the choice of videos explains."
        : "The 95% interval includes no difference: these questions do not tell the two apart.";

    private static string Points(double share) => Figures.Text($"{100 * share:+0.0;-0.0;0.0}");
}
