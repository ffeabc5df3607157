using System.Runtime.ExceptionServices;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Video;

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

    /// <summary>
    /// Videos that the benchmark names but whose files are not there: left out of <see cref="Count"/> and reported with the results.
    /// Default none.
    /// </summary>
    public virtual IReadOnlyList<string> MissingVideos => [];

    /// <summary>The figures that the benchmark is reported by, the main one first. Default the accuracy over all questions.</summary>
    public virtual IReadOnlyList<BenchmarkMetric> Metrics => [BenchmarkMetric.Accuracy];

    /// <summary>
    /// Reads which option a response names. Default <see cref="MultipleChoiceQuestion.FindOption"/>, by letter or by text; override it with
    /// <see cref="MultipleChoiceQuestion.FindLetter"/> or a rule of the benchmark's own. Safe for concurrent calls.
    /// </summary>
    /// <param name="response">What the model said.</param>
    /// <param name="question">What it was asked.</param>
    /// <returns>The index of the option; null when none can be read, which counts as wrong.</returns>
    public virtual int? FindOption(string response, MultipleChoiceQuestion question)
    {
        ArgumentNullException.ThrowIfNull(question);

        return question.FindOption(response);
    }

    /// <summary>
    /// Runs every question of every video under every system. Before the first video that is timed, its first frames are encoded, compressed
    /// and asked about untimed.
    /// </summary>
    /// <param name="model">The frozen model.</param>
    /// <param name="systems">The systems to compare, at least one, all different.</param>
    /// <param name="options">How to run; null means the defaults.</param>
    /// <param name="progress">Told the number of videos done after each.</param>
    /// <param name="cancellationToken">Stops between questions or sooner.</param>
    /// <returns>One record per question and system and one per video and system, ordered by video, then by system.</returns>
    /// <exception cref="ArgumentException">There is no system, one is listed twice or needs another model, or an option is out of range.</exception>
    /// <exception cref="InvalidDataException">No video can be evaluated; the message counts missing and unreadable ones.</exception>
    /// <exception cref="InvalidOperationException">The records hold answers about a video whose file has other content now, or to a question whose text is another.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public BenchmarkRun Evaluate(IVideoLanguageModel model, IReadOnlyList<BenchmarkSystem> systems, BenchmarkOptions? options = null,
        IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new BenchmarkOptions();
        options.ThrowIfFaulty();
        ThrowIfNotSystems(systems, model, options);

        var records = new (VideoRecord Video, QuestionRecord[] Questions)[]?[Count];
        var unreadable = new string?[Count];
        var done = 0;
        var warmUp = new WarmUp(model, systems, options);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.MaxDegreeOfParallelism, CancellationToken = cancellationToken };
        try
        {
            Parallel.For(0, Count, parallel, index =>
            {
                VideoEvaluation evaluation;
                BenchmarkVideo? video = null;
                try
                {
                    video = GetVideo(index);
                    ThrowIfUnfit(video, model);
                    evaluation = new VideoEvaluation(this, video, model, options);
                    evaluation.Encode(systems, warmUp, cancellationToken);
                }
                catch (Exception exception) when (exception is InvalidDataException or FileNotFoundException or ArgumentException)
                {
                    unreadable[index] = video is null ? exception.Message : $"'{video.Id}': {exception.Message}";
                    return;
                }

                records[index] = evaluation.Run(systems, cancellationToken);
                options.Records?.Flush();
                progress?.Report(Interlocked.Increment(ref done));
            });
        }
        catch (AggregateException failures)
        {
            // The caller sees the model's own error, whatever the parallelism.
            ExceptionDispatchInfo.Throw(failures.InnerExceptions[0]);
        }

        var read = records.OfType<(VideoRecord Video, QuestionRecord[] Questions)[]>().SelectMany(video => video).ToList();
        string[] messages = [.. unreadable.OfType<string>()];
        if (read.Count == 0)
            throw new InvalidDataException(
                $"No video of {Name} can be evaluated: {MissingVideos.Count} are missing{MissingVideos.Select(video => $" ('{video}' ...)").FirstOrDefault()}, "
                + $"{messages.Length} cannot be read{messages.Select(failure => $" ({failure} ...)").FirstOrDefault()}.");
        return new BenchmarkRun(Name, Metrics, [.. read.Select(record => record.Video)], [.. read.SelectMany(record => record.Questions)])
        {
            MissingVideos = MissingVideos,
            UnreadableVideos = messages,
        };
    }

    /// <summary>A text that the model refuses would end the run, and each that goes on from its records.</summary>
    private static void ThrowIfUnfit(BenchmarkVideo video, IVideoLanguageModel model)
    {
        foreach (var question in video.Questions)
            if (model.FindTextFault(question.Text) is { } fault)
                throw new ArgumentException($"The question '{question.Id}' {fault}.");
        if (video.Caption is { } caption && model.FindTextFault(caption) is { } captionFault)
            throw new ArgumentException($"The caption {captionFault}.");
    }

    private static void ThrowIfNotSystems(IReadOnlyList<BenchmarkSystem> systems, IVideoLanguageModel model, BenchmarkOptions options)
    {
        ArgumentNullException.ThrowIfNull(systems);
        if (systems.Count == 0 || systems.Contains(null!) || systems.Distinct().Count() != systems.Count)
            throw new ArgumentException(
                $"A benchmark needs at least one system, each listed once; got {systems.Count}: {string.Join(", ", systems)}.", nameof(systems));
        if (options.Records is not null && systems.CountBy(system => system.Key).FirstOrDefault(count => count.Value > 1) is { Key: { } repeated })
            throw new ArgumentException($"Records tell systems apart by name and ratio; there are several '{repeated}'.", nameof(systems));
        if (model is not IScalableVideoModel && systems.FirstOrDefault(system => system.IsReencoded) is { } reencoded)
            throw new ArgumentException(
                $"'{reencoded}' needs a model whose encoder takes frames of any size, "
                + $"such as Qwen2.5-VL; '{model.Info.Source}' takes one size only.", nameof(systems));
    }
}

/// <summary>One video of a benchmark with what is asked about it.</summary>
/// <param name="Id">Names the video within the benchmark; the cluster of its questions in statistics.</param>
/// <param name="LengthClass">The class by which results are broken down, for example "short".</param>
/// <param name="Clip">The frames.</param>
/// <param name="Caption">The reference caption; null when the benchmark has none.</param>
/// <param name="Questions">The questions.</param>
public sealed record BenchmarkVideo(string Id, string LengthClass, VideoClip Clip, string? Caption, IReadOnlyList<MultipleChoiceQuestion> Questions);

/// <summary>How a benchmark is run.</summary>
public sealed class BenchmarkOptions
{
    /// <summary>The user turn before a caption whose cross-entropy is measured. Default "Describe the video.", as in training.</summary>
    public string CaptionQuestion { get; init; } = Questions.Caption;

    /// <summary>Most tokens of an answer, at least 1. Default 16.</summary>
    public int MaxAnswerTokens { get; init; } = 16;

    /// <summary>Videos evaluated at a time, at least 1. Default 1; with more, answers stay the same but times are not comparable.</summary>
    public int MaxDegreeOfParallelism { get; init; } = 1;

    /// <summary>
    /// Where records are written as they come in, and what is not asked again. Default null: nowhere. Systems need different names or
    /// ratios then. Not disposed.
    /// </summary>
    public BenchmarkRecords? Records { get; init; }

    /// <summary>The clock of all times. Default the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    internal void ThrowIfFaulty()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(CaptionQuestion);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxAnswerTokens, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDegreeOfParallelism, 1);
        ArgumentNullException.ThrowIfNull(TimeProvider);
    }
}
