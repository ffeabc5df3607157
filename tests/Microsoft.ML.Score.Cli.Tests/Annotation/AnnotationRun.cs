using Score.Cli.Training;
using Score.Cli.Videos;

namespace Score.Cli.Annotation;

/// <summary>Runs against a server on this machine; waiting takes no time, but for the timeout of an answer.</summary>
public abstract class AnnotationRun : IDisposable
{
    private protected const string Key = "sk-secret-7";

    private protected TemporaryFolder Folder { get; } = new();

    private protected JumpingClock Clock { get; } = new();

    [OneTimeSetUp]
    public static void RequireFFmpeg() => FFmpegProgram.Require();

    public void Dispose()
    {
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected async Task<AnnotationCounts> Annotate(TeacherServer server, CaptionedVideo[] rows, double timeout = 60, int maxRetries = 5, RateLimiter? limiter = null, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        using var service = new CaptionService(server.Endpoint, "teacher", Key, TimeSpan.FromSeconds(timeout), time ?? Clock);
        var annotator = new Annotator(service, maxRetries, limiter, time ?? Clock, Folder.File("failed")) { Model = "teacher", Prompt = "Old: {caption}", Frames = 2, LongestSide = 64 };
        using var file = new AnnotationFile(Folder.File("out"));
        return await annotator.RunAsync(rows, file, concurrency: 1, _ => { }, cancellationToken);
    }

    private protected static CaptionedVideo Row(string id, string caption = "A circle.") => new(VideoReference.ToSynthetic("test-" + id), caption, id);

    private protected string[] Lines(string file) => File.ReadAllLines(Folder.File(file));
}
