using Microsoft.ML.Score.Synthetic;

namespace Microsoft.ML.Score.Evaluation;

/// <summary>One answer.</summary>
/// <param name="System">The system that answered.</param>
/// <param name="VideoId">The video asked about.</param>
/// <param name="LengthClass">Its length class.</param>
/// <param name="Number">The question's number within the video, from 0.</param>
/// <param name="Category">The question's category.</param>
/// <param name="Response">What the model said.</param>
/// <param name="ChosenIndex">The option that the response names; null when none could be read from it, which counts as wrong.</param>
/// <param name="AnswerIndex">The right option.</param>
public sealed record QuestionResult(BenchmarkSystem System, string VideoId, string LengthClass, int Number, string Category, string Response, int? ChosenIndex, int AnswerIndex)
{
    /// <summary>The benchmark's own name of the question; empty where it has none.</summary>
    public string QuestionId { get; init; } = "";

    /// <summary>Every class by which the question counts. Default the task named by <see cref="Category"/>.</summary>
    public IReadOnlyList<QuestionCategory> Categories { get; init; } = [new(QuestionCategory.Task, Category)];

    /// <summary>How many options there were to choose from, at least 2. Default 2.</summary>
    public int OptionCount { get; init; } = 2;

    /// <summary>The time to the first piece of the answer: the prefill of all kept tokens and the choice of one.</summary>
    public TimeSpan PrefillTime { get; init; }

    /// <summary>The time of the rest of the answer.</summary>
    public TimeSpan GenerationTime { get; init; }

    /// <summary>Whether the right option was chosen.</summary>
    public bool IsCorrect => ChosenIndex == AnswerIndex;
}

/// <summary>What a system did with one video.</summary>
/// <param name="System">The system.</param>
/// <param name="VideoId">The video.</param>
/// <param name="LengthClass">Its length class.</param>
/// <param name="TokenCount">T*N, tokens before compression.</param>
/// <param name="KeptCount">Tokens that reached the language model.</param>
/// <param name="CaptionCrossEntropy">Mean cross-entropy of the caption in nats a token; null without a caption.</param>
/// <param name="Times">Where the time before the language model went.</param>
/// <param name="PeakMemory">The most memory that the process had held by then, in bytes (its resident set, pages of mapped weights included).</param>
public sealed record VideoResult(
    BenchmarkSystem System, string VideoId, string LengthClass, int TokenCount, int KeptCount, double? CaptionCrossEntropy, BenchmarkTimes Times, long PeakMemory);

/// <summary>
/// The records of a benchmark run and the statistics over them. Where a method takes several systems, as for seeds of one
/// method, a question counts once, with the mean over the systems. All intervals are clustered by video. Immutable.
/// </summary>
public sealed class BenchmarkResult
{
    internal BenchmarkResult(IReadOnlyList<VideoResult> videos, IReadOnlyList<QuestionResult> questions)
    {
        Videos = videos;
        Questions = questions;
    }

    /// <summary>One record a video and system.</summary>
    public IReadOnlyList<VideoResult> Videos { get; }

    /// <summary>One record a question and system.</summary>
    public IReadOnlyList<QuestionResult> Questions { get; }

    /// <summary>Videos that were left out because their files are not there.</summary>
    public IReadOnlyList<string> MissingVideos { get; init; } = [];

    /// <summary>What was wrong with videos that could not be decoded or encoded, a message a video; they were left out.</summary>
    public IReadOnlyList<string> UnreadableVideos { get; init; } = [];

    /// <summary>What guessing would score: the mean over all questions of 1 / options; NaN without a question.</summary>
    public double ChanceLevel => Questions.Select(question => 1.0 / question.OptionCount).DefaultIfEmpty(double.NaN).Average();

    /// <summary>The records of one length class alone.</summary>
    internal BenchmarkResult OfLength(string lengthClass) =>
        new([.. Videos.Where(video => video.LengthClass == lengthClass)], [.. Questions.Where(question => question.LengthClass == lengthClass)]);

    /// <summary>The share of right answers.</summary>
    /// <param name="systems">One system, or several to average.</param>
    /// <param name="where">Which questions count; null means all.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    /// <exception cref="ArgumentException">A system was not run, or no question is left.</exception>
    public Estimate Accuracy(IReadOnlyCollection<BenchmarkSystem> systems, Func<QuestionResult, bool>? where = null, long seed = 0) =>
        Estimate.OfMean(Scores(systems, where).Select(score => (score.Key.VideoId, score.Value)), seed);

    /// <summary>
    /// The mean over the categories of a kind of the accuracy in each, so that a small category weighs as much as a large one. Categories
    /// without a question do not count.
    /// </summary>
    /// <param name="systems">One system, or several to average.</param>
    /// <param name="kind">The kind of category. Default the task.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    /// <exception cref="ArgumentException">A system was not run, or no question has a category of that kind.</exception>
    public Estimate MacroAccuracy(IReadOnlyCollection<BenchmarkSystem> systems, string kind = QuestionCategory.Task, long seed = 0)
    {
        var scores = Scores(systems, where: null);
        var categories = Questions.Where(question => question.System == systems.First())
            .SelectMany(
                question => question.Categories.Where(category => category.Kind == kind).Distinct(),
                (question, category) => (question.VideoId, question.Number, category.Name));
        return Estimate.OfMacroMean(categories.Select(question => (question.VideoId, question.Name, scores[(question.VideoId, question.Number)])), seed);
    }

    /// <summary>Accuracy for each category of a kind, in alphabetical order; a question counts in each of its categories.</summary>
    /// <param name="systems">One system, or several to average.</param>
    /// <param name="kind">The kind of category. Default the task.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    /// <exception cref="ArgumentException">A system was not run.</exception>
    public IReadOnlyList<(string Category, Estimate Accuracy)> AccuracyByCategory(
        IReadOnlyCollection<BenchmarkSystem> systems, string kind = QuestionCategory.Task, long seed = 0) =>
        [.. Questions.SelectMany(question => question.Categories).Where(category => category.Kind == kind).Distinct().OrderBy(category => category.Name, StringComparer.Ordinal)
            .Select(category => (category.Name, Accuracy(systems, question => question.Categories.Contains(category), seed)))];

    /// <summary>Accuracy for each length class, in the benchmark's order.</summary>
    /// <inheritdoc cref="Accuracy"/>
    public IReadOnlyList<(string LengthClass, Estimate Accuracy)> AccuracyByLength(IReadOnlyCollection<BenchmarkSystem> systems, long seed = 0) =>
        [.. Questions.Select(question => question.LengthClass).Distinct()
            .Select(length => (length, Accuracy(systems, question => question.LengthClass == length, seed)))];

    /// <summary>Accuracy of <paramref name="first"/> minus accuracy of <paramref name="second"/>, paired by question.</summary>
    /// <param name="first">One system, or several to average.</param>
    /// <param name="second">The systems to compare with.</param>
    /// <param name="where">Which questions count, whoever answers them; null means all.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    /// <exception cref="ArgumentException">A system was not run, or no question is left, or the filter leaves the sides different questions.</exception>
    public Estimate Difference(
        IReadOnlyCollection<BenchmarkSystem> first, IReadOnlyCollection<BenchmarkSystem> second, Func<QuestionResult, bool>? where = null, long seed = 0)
    {
        var (minuends, subtrahends) = (Scores(first, where), Scores(second, where));
        if (!minuends.Keys.ToHashSet().SetEquals(subtrahends.Keys))
            throw new ArgumentException("The filter must choose the same questions for both sides, so it may not depend on system or response.", nameof(where));

        return Estimate.OfMean(minuends.Select(score => (score.Key.VideoId, score.Value - subtrahends[score.Key])), seed);
    }

    /// <summary>Mean over videos of the caption's cross-entropy, in nats a token.</summary>
    /// <param name="systems">One system, or several to average.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    /// <exception cref="ArgumentException">A system was not run, or the benchmark has no captions.</exception>
    public Estimate CaptionCrossEntropy(IReadOnlyCollection<BenchmarkSystem> systems, long seed = 0) =>
        Estimate.OfMean(VideosOf(systems).Where(video => video.CaptionCrossEntropy is not null)
            .GroupBy(video => video.VideoId, (id, runs) => (id, runs.Average(run => run.CaptionCrossEntropy!.Value))), seed);

    /// <summary>Mean number of tokens that reached the language model.</summary>
    /// <param name="systems">One system, or several to average.</param>
    /// <exception cref="ArgumentException">A system was not run.</exception>
    public double KeptCount(IReadOnlyCollection<BenchmarkSystem> systems) => VideosOf(systems).Average(video => video.KeptCount);

    /// <summary>Tokens that reached the language model as a share of all, over all videos.</summary>
    /// <inheritdoc cref="KeptCount"/>
    public double Retention(IReadOnlyCollection<BenchmarkSystem> systems) => KeptCount(systems) / VideosOf(systems).Average(video => video.TokenCount);

    /// <summary>Mean time of the prefill of a question.</summary>
    /// <inheritdoc cref="KeptCount"/>
    public TimeSpan PrefillTime(IReadOnlyCollection<BenchmarkSystem> systems) => MeanTime(systems, question => question.PrefillTime);

    /// <summary>Mean time of an answer after its first token.</summary>
    /// <inheritdoc cref="KeptCount"/>
    public TimeSpan GenerationTime(IReadOnlyCollection<BenchmarkSystem> systems) => MeanTime(systems, question => question.GenerationTime);

    /// <summary>Mean times of a video before the language model.</summary>
    /// <inheritdoc cref="KeptCount"/>
    public BenchmarkTimes VideoTimes(IReadOnlyCollection<BenchmarkSystem> systems)
    {
        var times = VideosOf(systems).Select(video => video.Times).ToList();
        return new BenchmarkTimes(Mean(time => time.Decoding), Mean(time => time.Encoding), Mean(time => time.Compression), Mean(time => time.Gather));

        TimeSpan Mean(Func<BenchmarkTimes, TimeSpan> part) => TimeSpan.FromTicks((long)times.Average(time => part(time).Ticks));
    }

    /// <summary>Answers from which no option could be read; they count as wrong.</summary>
    /// <inheritdoc cref="KeptCount"/>
    public int UnreadableAnswers(IReadOnlyCollection<BenchmarkSystem> systems)
    {
        ThrowIfNotRun(systems);

        return Questions.Count(question => question.ChosenIndex is null && systems.Contains(question.System));
    }

    /// <summary>The mean over the systems of each question's score, 0 or 1.</summary>
    internal Dictionary<(string VideoId, int Number), double> Scores(IReadOnlyCollection<BenchmarkSystem> systems, Func<QuestionResult, bool>? where = null)
    {
        ThrowIfNotRun(systems);

        return Questions.Where(question => systems.Contains(question.System) && (where is null || where(question)))
            .GroupBy(question => (question.VideoId, question.Number))
            .ToDictionary(runs => runs.Key, runs => runs.Average(run => run.IsCorrect ? 1.0 : 0.0));
    }

    private TimeSpan MeanTime(IReadOnlyCollection<BenchmarkSystem> systems, Func<QuestionResult, TimeSpan> part)
    {
        ThrowIfNotRun(systems);

        return TimeSpan.FromTicks((long)Questions.Where(question => systems.Contains(question.System)).Average(question => part(question).Ticks));
    }

    private IEnumerable<VideoResult> VideosOf(IReadOnlyCollection<BenchmarkSystem> systems)
    {
        ThrowIfNotRun(systems);

        return Videos.Where(video => systems.Contains(video.System));
    }

    private void ThrowIfNotRun(IReadOnlyCollection<BenchmarkSystem> systems)
    {
        ArgumentNullException.ThrowIfNull(systems);
        if (systems.Count == 0)
            throw new ArgumentException("Name at least one system.", nameof(systems));
        foreach (var system in systems)
            if (!Videos.Any(video => video.System == system))
                throw new ArgumentException($"The system '{system}' is not part of this run.", nameof(systems));
    }
}
