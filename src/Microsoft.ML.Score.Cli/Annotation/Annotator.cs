using System.Text.Encodings.Web;
using System.Text.Json;
using Score.Cli.Training;

namespace Score.Cli.Annotation;

/// <summary>What came of the rows of one run.</summary>
internal sealed record AnnotationCounts(int Annotated, int AlreadyThere, int Failed);

/// <summary>
/// The re-annotation step of the paper's data recipe: frames of every video and its caption go to a teacher model, whose caption
/// is written down. A video that the output already has, or that several rows name, is asked about once.
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

    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock _lock = new();
    private readonly CaptionService _service;
    private readonly Retry _retry;
    private readonly string _failuresPath;

    /// <param name="service">The teacher model.</param>
    /// <param name="retry">How failed requests are tried again.</param>
    /// <param name="failuresPath">Where rows without a caption are listed, as JSON lines; the list of an earlier run is removed.</param>
    public Annotator(CaptionService service, Retry retry, string failuresPath)
    {
        (_service, _retry, _failuresPath) = (service, retry, failuresPath);
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
        var (annotated, failed, alreadyThere) = (0, 0, 0);
        var met = new HashSet<string>(file.Paths, StringComparer.Ordinal);
        await Parallel.ForEachAsync(New(), new ParallelOptions { MaxDegreeOfParallelism = concurrency, CancellationToken = cancellationToken }, async (item, cancel) =>
        {
            var (index, row) = item;
            try
            {
                var images = JpegFrames.Read(row.Video.OpenClip(cancel), Frames, LongestSide, cancel);
                var prompt = Prompt.Replace(CaptionPlace, row.Caption, StringComparison.Ordinal);
                var caption = await _retry.RunAsync(() => _service.AskAsync(prompt, images, cancel), new Random(index), cancel);
                lock (_lock)
                {
                    file.Add(new AnnotatedRow(row.Name, caption.Text, row.Caption, Model, caption.Usage));
                    report(++annotated + failed);
                }
            }
            catch (Exception exception) when (exception is CaptionFailedException or InvalidDataException or FileNotFoundException)
            {
                lock (_lock)
                {
                    File.AppendAllText(_failuresPath, JsonSerializer.Serialize(new { path = row.Name, error = exception.Message }, s_json) + "\n");
                    report(annotated + ++failed);
                }
            }
        });
        return new AnnotationCounts(annotated, alreadyThere, failed);

        IEnumerable<(int Index, CaptionedVideo Row)> New()
        {
            foreach (var (index, row) in rows.Index())
                if (met.Add(row.Name))
                    yield return (index, row);
                else if (file.Paths.Contains(row.Name))
                    alreadyThere++;
        }
    }
}
