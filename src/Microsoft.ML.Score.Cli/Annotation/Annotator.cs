using Polly;
using Polly.Retry;
using Score.Cli.Training;

namespace Score.Cli.Annotation;

/// <summary>What came of the rows of one run.</summary>
internal sealed record AnnotationCounts(int Annotated, int AlreadyThere, int Failed)
{
    /// <summary>Why the run ended before its last row; null where it did not.</summary>
    public string? Stopped { get; init; }
}

/// <summary>
/// The re-annotation step of the paper's data recipe: frames of every video and its caption go to a teacher model, whose caption
/// is written down. A video that the output already has, or that several rows name, is asked about once. What fails in passing is tried again after 1, 2, 4 ...
/// at most 60 seconds, shortened by chance by up to a half, or after the time that the server asks for (at most an hour) where that is longer. A run ends
/// when rows fail one after the other by what is no row's fault, so that a server that has gone is not asked for every row of a corpus.
/// </summary>
internal sealed class Annotator
{
    /// <summary>What stands in a prompt for the row's caption.</summary>
    public const string CaptionPlace = "{caption}";

    /// <summary>Ours: the paper gives no wording.</summary>
    public const string DefaultPrompt =
        "The images are frames of one video in the order of time; a single one is a still image. Write one dense caption in plain prose: who and what is seen, " +
        "how it looks, where it is, what happens and in which order, and how the view changes. Say only what can be seen. There is a caption already, which may be " +
        "wrong or incomplete; use what the frames confirm: \"" + CaptionPlace + "\" Answer with the new caption alone.";

    private const double FirstDelay = 1;
    private const double LongestDelay = 60;

    private static readonly TimeSpan s_longestAsked = TimeSpan.FromHours(1);

    private static readonly ResiliencePropertyKey<Random> s_random = new("random");

    private readonly Lock _lock = new();
    private readonly CaptionService _service;
    private readonly RateLimiter? _limiter;
    private readonly ResiliencePipeline<TeacherCaption> _retries;
    private readonly string _failuresPath;

    /// <param name="service">The teacher model.</param>
    /// <param name="maxRetries">Tries after the first.</param>
    /// <param name="limiter">The rate limit, which every try waits for; null for none.</param>
    /// <param name="time">The clock of the delays between tries.</param>
    /// <param name="failuresPath">Where rows without a caption are listed, as JSON lines; the list of an earlier run is removed.</param>
    public Annotator(CaptionService service, int maxRetries, RateLimiter? limiter, TimeProvider time, string failuresPath)
    {
        (_service, _limiter, _retries, _failuresPath) = (service, limiter, Retries(maxRetries, time), failuresPath);
        File.Delete(failuresPath);
    }

    /// <summary>The teacher model's name, for the output.</summary>
    public required string Model { get; init; }

    /// <summary>What is asked, with <see cref="CaptionPlace"/> where the caption goes.</summary>
    public required string Prompt { get; init; }

    /// <summary>Frames of a video, at least 1.</summary>
    public required int Frames { get; init; }

    /// <summary>Most pixels of a frame's side.</summary>
    public required int LongestSide { get; init; }

    /// <summary>Asks about every row that the file does not have.</summary>
    /// <param name="rows">Read as they are needed.</param>
    /// <param name="file">The output, to which every answer is added as it comes.</param>
    /// <param name="concurrency">Rows under way at a time.</param>
    /// <param name="report">Told the number of rows done, one call at a time.</param>
    /// <param name="cancellationToken">Stops; what was added stays.</param>
    public async Task<AnnotationCounts> RunAsync(IEnumerable<CaptionedVideo> rows, AnnotationFile file, int concurrency, Action<int> report, CancellationToken cancellationToken)
    {
        var (annotated, failed, alreadyThere, inSuccession) = (0, 0, 0, 0);
        string? stopped = null;
        var met = new HashSet<string>(file.Paths, StringComparer.Ordinal);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await AskAll();
        }
        catch (OperationCanceledException) when (stopped is not null)
        {
            // The rows under way were given up; they are neither written nor listed.
        }

        return new AnnotationCounts(annotated, alreadyThere, failed) { Stopped = stopped };

        Task AskAll() => Parallel.ForEachAsync(New(), new ParallelOptions { MaxDegreeOfParallelism = concurrency, CancellationToken = stop.Token }, async (item, cancel) =>
        {
            var (index, row) = item;
            try
            {
                var images = JpegFrames.Read(row.Video.OpenClip(cancel), Frames, LongestSide, cancel);
                var prompt = Prompt.Replace(CaptionPlace, row.Caption, StringComparison.Ordinal);
                var caption = await AskAsync(prompt, images, new Random(index), cancel);
                lock (_lock)
                {
                    file.Add(new AnnotatedRow(row.Name, caption.Text, row.Caption, Model, caption.Usage));
                    inSuccession = 0;
                    report(++annotated + failed);
                }
            }
            catch (Exception exception) when (exception is CaptionFailedException or InvalidDataException or FileNotFoundException)
            {
                lock (_lock)
                {
                    File.AppendAllBytes(_failuresPath, AnnotationFile.Line(new FailedRow(row.Name, exception.Message)));
                    report(annotated + ++failed);
                    stopped ??= Judge(exception);
                    if (stopped is not null)
                        stop.Cancel();
                }
            }
        });

        string? Judge(Exception exception)
        {
            if (exception is not CaptionFailedException fault)
                return null; // the server was not asked
            inSuccession = fault.EndsRunAfter is null ? 0 : inSuccession + 1;
            return inSuccession >= fault.EndsRunAfter ? $"{(inSuccession == 1 ? "a row" : $"{inSuccession} rows in succession")} failed by a fault of the endpoint: {fault.Message}" : null;
        }

        IEnumerable<(int Index, CaptionedVideo Row)> New()
        {
            foreach (var (index, row) in rows.Index())
                if (met.Add(row.Name))
                    yield return (index, row);
                else if (file.Paths.Contains(row.Name))
                    alreadyThere++;
        }
    }

    private async Task<TeacherCaption> AskAsync(string prompt, IReadOnlyList<byte[]> images, Random random, CancellationToken cancellationToken)
    {
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        context.Properties.Set(s_random, random);
        try
        {
            return await _retries.ExecuteAsync(async context =>
            {
                if (_limiter is not null)
                    await _limiter.WaitAsync(context.CancellationToken);
                return await _service.AskAsync(prompt, images, context.CancellationToken);
            }, context);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private static ResiliencePipeline<TeacherCaption> Retries(int maxRetries, TimeProvider time) => maxRetries == 0
        ? ResiliencePipeline<TeacherCaption>.Empty
        : new ResiliencePipelineBuilder<TeacherCaption> { TimeProvider = time }.AddRetry(new RetryStrategyOptions<TeacherCaption>
        {
            MaxRetryAttempts = maxRetries,
            ShouldHandle = outcome => ValueTask.FromResult(outcome.Outcome.Exception is CaptionFailedException { IsTransient: true }),
            DelayGenerator = retry => ValueTask.FromResult<TimeSpan?>(Delay(retry)),
        }).Build();

    private static TimeSpan Delay(RetryDelayGeneratorArguments<TeacherCaption> retry)
    {
        var random = retry.Context.Properties.GetValue(s_random, null!);
        var delay = TimeSpan.FromSeconds(Math.Min(LongestDelay, FirstDelay * Math.Pow(2, retry.AttemptNumber)) * (1 - 0.5 * random.NextDouble()));
        return (retry.Outcome.Exception as CaptionFailedException)?.RetryAfter is not { } asked || asked <= delay ? delay
            : asked < s_longestAsked ? asked : s_longestAsked;
    }
}
