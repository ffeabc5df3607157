using Microsoft.ML.Score.Evaluation;

namespace Score.Cli.Evaluations;

/// <summary>The first questions of a benchmark, in the order of its videos.</summary>
internal sealed class LimitedBenchmark : MultipleChoiceBenchmark
{
    private readonly int[] _questions;

    /// <param name="inner">The benchmark.</param>
    /// <param name="questionsOfVideos">How many questions each of its videos has.</param>
    /// <param name="limit">Questions to ask, at least 1.</param>
    public LimitedBenchmark(MultipleChoiceBenchmark inner, IEnumerable<int> questionsOfVideos, int limit)
    {
        Inner = inner;
        List<int> taken = [];
        foreach (var count in questionsOfVideos)
        {
            if (limit == 0)
                break;
            taken.Add(Math.Min(count, limit));
            limit -= taken[^1];
        }

        _questions = [.. taken];
    }

    public MultipleChoiceBenchmark Inner { get; }

    public override string Name => Inner.Name;

    public override int Count => _questions.Length;

    public override IReadOnlyList<string> MissingVideos => Inner.MissingVideos;

    public override IReadOnlyList<BenchmarkMetric> Metrics => Inner.Metrics;

    public override BenchmarkVideo GetVideo(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);

        var video = Inner.GetVideo(index);
        return video with { Questions = [.. video.Questions.Take(_questions[index])] };
    }

    public override int? FindOption(string response, MultipleChoiceQuestion question) => Inner.FindOption(response, question);
}
