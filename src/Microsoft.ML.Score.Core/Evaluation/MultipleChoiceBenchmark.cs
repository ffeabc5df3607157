using System.Runtime.ExceptionServices;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Evaluation;

/// <summary>
/// Videos with multiple-choice questions, and the one way to run them. A benchmark says how many videos it has and gives each;
/// <see cref="Evaluate"/> encodes a video once and asks all its questions under every system, so that systems are compared
/// on the same questions.
/// </summary>
public abstract class MultipleChoiceBenchmark
{
    /// <summary>The name that tables print.</summary>
    public abstract string Name { get; }

    /// <summary>Number of videos.</summary>
    public abstract int Count { get; }

    /// <summary>One video. Safe for concurrent calls.</summary>
    /// <param name="index">From 0 to <see cref="Count"/> - 1.</param>
    public abstract BenchmarkVideo GetVideo(int index);

    /// <summary>Videos that the benchmark names but whose files are not there: left out of <see cref="Count"/> and reported with the results. Default none.</summary>
    public virtual IReadOnlyList<string> MissingVideos => [];

    /// <summary>The figures that the benchmark is reported by, the main one first. Default the accuracy over all questions.</summary>
    public virtual IReadOnlyList<BenchmarkMetric> Metrics => [BenchmarkMetric.Accuracy];

    /// <summary>Reads which option a response names. Default <see cref="AnswerExtraction.FindOption"/>, by letter or by text. Safe for concurrent calls.</summary>
    /// <param name="response">What the model said.</param>
    /// <param name="question">What it was asked.</param>
    /// <returns>The index of the option; null when none can be read, which counts as wrong.</returns>
    public virtual int? FindOption(string response, MultipleChoiceQuestion question)
    {
        ArgumentNullException.ThrowIfNull(question);

        return AnswerExtraction.FindOption(response, question.Options);
    }

    /// <summary>Runs every question of every video under every system.</summary>
    /// <param name="model">The frozen model.</param>
    /// <param name="systems">The systems to compare, at least one, all different.</param>
    /// <param name="options">How to run; null means the defaults.</param>
    /// <param name="progress">Told the number of videos done after each.</param>
    /// <param name="cancellationToken">Stops between questions or sooner.</param>
    /// <returns>One record a question and system and one a video and system, ordered by video, then by system.</returns>
    public BenchmarkResult Evaluate(IVideoLanguageModel model, IReadOnlyList<BenchmarkSystem> systems, BenchmarkOptions? options = null,
        IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(systems);
        if (systems.Count == 0 || systems.Contains(null!) || systems.Distinct().Count() != systems.Count)
            throw new ArgumentException($"A benchmark needs at least one system, each listed once; got {systems.Count}: {string.Join(", ", systems)}.", nameof(systems));
        options ??= new BenchmarkOptions();
        options.ThrowIfInvalid();

        var records = new List<(VideoResult Video, QuestionResult[] Questions)>[Count];
        var done = 0;
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.MaxDegreeOfParallelism, CancellationToken = cancellationToken };
        try
        {
            Parallel.For(0, Count, parallel, index =>
            {
                var video = GetVideo(index);
                var tokens = model.Encode(video.Clip, cancellationToken);
                records[index] = [.. systems.Select(system => Run(model, video, tokens, system, options, cancellationToken))];
                progress?.Report(Interlocked.Increment(ref done));
            });
        }
        catch (AggregateException failures)
        {
            // The caller sees the model's own error, whatever the parallelism.
            ExceptionDispatchInfo.Throw(failures.InnerExceptions[0]);
        }

        return new BenchmarkResult([.. records.SelectMany(video => video.Select(record => record.Video))],
            [.. records.SelectMany(video => video.SelectMany(record => record.Questions))])
        { MissingVideos = MissingVideos };
    }

    private (VideoResult, QuestionResult[]) Run(IVideoLanguageModel model, BenchmarkVideo video, VideoTokens tokens, BenchmarkSystem system, BenchmarkOptions options, CancellationToken cancellationToken)
    {
        var clock = options.TimeProvider;
        var start = clock.GetTimestamp();
        var kept = system.Keep(tokens);
        var compression = clock.GetElapsedTime(start);

        // The first token of an answer costs the prefill and next to nothing else.
        start = clock.GetTimestamp();
        model.Generate(kept, options.CaptionQuestion, new GenerationOptions { MaxNewTokens = 1 }, cancellationToken: cancellationToken);
        var prefill = clock.GetElapsedTime(start);

        double? crossEntropy = video.Caption is null ? null : model.CrossEntropy([kept], options.CaptionQuestion, video.Caption, cancellationToken)[0];
        var limits = new GenerationOptions { MaxNewTokens = options.MaxAnswerTokens };
        var answers = video.Questions.Select((question, number) =>
        {
            var response = model.Generate(kept, question.Text, limits, cancellationToken: cancellationToken);
            return new QuestionResult(system, video.Id, video.LengthClass, number, question.Category, response, FindOption(response, question), question.AnswerIndex)
            {
                QuestionId = question.Id,
                Categories = question.Categories,
                OptionCount = question.Options.Count,
            };
        });
        return (new VideoResult(system, video.Id, video.LengthClass, tokens.Grid.Count, kept.Count, crossEntropy, compression, prefill), answers.ToArray());
    }
}
