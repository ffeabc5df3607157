using System.CommandLine;
using Microsoft.ML.Score.Datasets.Training;
using Score.Cli.Annotation;
using Score.Cli.Files;
using Score.Cli.Output;
using Score.Cli.Training;

namespace Score.Cli.Commands;

/// <summary><c>score annotate</c>: has a teacher model write the captions to train on. Stopped or killed, the same command goes on.</summary>
internal sealed class AnnotateCommand
{
    private readonly Option<string> _data = new("--data") { Description = "A file of captioned images and videos, by default JSON lines {\"video\": PATH, \"caption\": TEXT}.", Required = true };
    private readonly DataOptions _dataOptions = new();
    private readonly Option<string> _output = new("--output") { Description = "The JSON lines to write; rows that it has are not asked again.", Required = true };
    private readonly Option<string> _endpoint = CommonOptions.Required(
        "--endpoint", "The base address of an OpenAI-compatible server, such as http://localhost:8000/v1.", "an http or https address",
        text => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https");

    private readonly Option<string> _model = new("--model") { Description = "The teacher model's name at the endpoint.", Required = true };
    private readonly Option<string?> _apiKeyVariable = new("--api-key-env") { Description = "The environment variable that holds the API key. Default: no key is used." };
    private readonly Option<string> _prompt = CommonOptions.Checked(
        "--prompt", $"What to ask; {Annotator.CaptionPlace} stands for the caption there is.", "a text", text => !string.IsNullOrWhiteSpace(text), Annotator.DefaultPrompt);

    private readonly Option<int> _frames = CommonOptions.AtLeast("--frames", "Frames of a video, evenly spaced.", 1, 8);
    private readonly Option<int> _frameSize = CommonOptions.AtLeast("--frame-size", "The most pixels of a frame's side.", 16, 768);
    private readonly Option<int> _concurrency = CommonOptions.AtLeast("--concurrency", "Rows under way at a time.", 1, 4);
    private readonly Option<double> _requestsPerMinute = CommonOptions.Checked("--requests-per-minute", "The rate limit; tries again count too.", "a positive number", rate => rate > 0, double.PositiveInfinity);
    private readonly Option<int> _maxRetries = CommonOptions.AtLeast("--max-retries", "Tries after the first, where the server is busy, fails or does not answer.", 0, 5);
    private readonly Option<double> _timeout = CommonOptions.Checked("--timeout", "Seconds that one answer may take.", "a positive number of at most 86400", seconds => seconds is > 0 and <= 86400, 120.0);
    private readonly Option<bool> _json = CommonOptions.Json();

    /// <param name="time">The clock of rate limit and retries.</param>
    public static Command Create(TimeProvider time)
    {
        var annotate = new AnnotateCommand();
        var command = new Command("annotate", "Have a teacher model behind an OpenAI-compatible endpoint write captions from the frames.")
        {
            annotate._data, annotate._dataOptions.Format, annotate._dataOptions.Videos, annotate._dataOptions.SkipDamaged, annotate._dataOptions.Reading.Timeout, annotate._output, annotate._endpoint, annotate._model, annotate._apiKeyVariable,
            annotate._prompt, annotate._frames, annotate._frameSize, annotate._concurrency, annotate._requestsPerMinute, annotate._maxRetries, annotate._timeout, annotate._json,
        };
        command.SetAction((parsed, cancellationToken) => annotate.RunAsync(parsed, time, cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, TimeProvider time, CancellationToken cancellationToken)
    {
        var (data, outputPath, model) = (parsed.GetRequiredValue(_data), parsed.GetRequiredValue(_output), parsed.GetRequiredValue(_model));
        var failuresPath = outputPath + ".failed";
        using var files = new CommandFiles("score annotate");
        files.Read("--data", data);
        files.Read("--videos", parsed.GetValue(_dataOptions.Videos));
        files.Write("--output", outputPath, OutputKind.Annotations);
        files.Write("the list of failures beside --output", failuresPath, OutputKind.Failures);
        files.Claim();
        var skipped = new SkippedRows();
        var rows = _dataOptions.Read(parsed, data, skipped, _ => null);
        var timeout = TimeSpan.FromSeconds(parsed.GetValue(_timeout));
        var service = new CaptionService(new Uri(parsed.GetRequiredValue(_endpoint)), model, ApiKey(parsed.GetValue(_apiKeyVariable)), timeout, time);
        var limiter = parsed.GetValue(_requestsPerMinute) is var rate && double.IsFinite(rate) ? new RateLimiter(rate, time) : null;

        AnnotationCounts counts;
        using (var file = new AnnotationFile(outputPath))
        using (var progress = new WorkProgress(parsed.InvocationConfiguration.Error))
        {
            var annotator = new Annotator(service, parsed.GetValue(_maxRetries), limiter, time, failuresPath)
            {
                Model = model,
                Prompt = parsed.GetRequiredValue(_prompt),
                Frames = parsed.GetValue(_frames),
                LongestSide = parsed.GetValue(_frameSize),
            };
            counts = await annotator.RunAsync(rows, file, parsed.GetValue(_concurrency), done => progress.Report(done, null, "annotating"), cancellationToken);
        }

        skipped.Report(parsed.InvocationConfiguration.Error, data);
        if (counts.Failed > 0)
            parsed.InvocationConfiguration.Error.WriteLine($"score: {counts.Failed} rows have no caption; {failuresPath} says why. The same command tries them again.");
        Print(counts, skipped.Count(SkipReason.MissingFile), parsed.GetValue(_json), parsed.InvocationConfiguration.Output);
        return counts.Failed > 0 ? 1 : 0;
    }

    private static string? ApiKey(string? variable) => variable is null ? null
        : Environment.GetEnvironmentVariable(variable) is { Length: > 0 } key ? key
        : throw new InvalidOperationException("The environment variable that --api-key-env names is not set."); // unnamed: it might be the key itself

    private static void Print(AnnotationCounts counts, int missing, bool json, TextWriter output) => output.WriteLine(json
        ? JsonOutput.Format(new { annotated = counts.Annotated, alreadyThere = counts.AlreadyThere, failed = counts.Failed, missing })
        : $"annotated: {counts.Annotated}, already there: {counts.AlreadyThere}, failed: {counts.Failed}, missing files: {missing}");
}
