using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.ML.Score.Datasets.Training;
using Score.Cli.Annotation;
using Score.Cli.Files;
using Score.Cli.Output;
using Score.Cli.Training;
using Score.Cli.Usage;

namespace Score.Cli.Commands;

/// <summary><c>score annotate</c>: has a teacher model write the captions to train on. Stopped or killed, the same command goes on.</summary>
internal sealed partial class AnnotateCommand
{
    private static readonly Example[] s_examples =
    [
        new("score annotate --data rows.jsonl --output annotated.jsonl --endpoint http://localhost:8000/v1 --model teacher", "Have a teacher model on a server of your own describe every video of the rows."),
        new("score annotate --data rows.jsonl --output out.jsonl --endpoint https://example.com/v1 --model m --api-key-env API_KEY", "Ask a hosted one, whose key is in an environment variable."),
    ];

    private readonly Option<string> _data = new("--data") { Description = "A file of captioned images and videos, by default JSON lines {\"video\": PATH, \"caption\": TEXT}.", Required = true };
    private readonly DataOptions _dataOptions = new();
    private readonly Option<string> _output = new("--output") { Description = "The JSON lines to write; rows that it has are not asked again.", Required = true };
    private readonly Option<string> _endpoint = CommonOptions.Required(
        "--endpoint", "The base address of an OpenAI-compatible server, such as http://localhost:8000/v1.", "an http or https address without a user's name",
        text => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0,
        text => Secrets().Replace(text, "***"));

    private readonly Option<string> _model = new("--model") { Description = "The teacher model's name at the endpoint.", Required = true };
    private readonly Option<string?> _apiKeyVariable = new("--api-key-env") { Description = "The environment variable that holds the API key. Default: no key is used." };
    private readonly Option<string> _prompt = CommonOptions.Checked(
        "--prompt", $"What to ask; {Annotator.CaptionPlace} stands for the caption there is.", "a text", text => !string.IsNullOrWhiteSpace(text), Annotator.DefaultPrompt);

    private readonly Option<int> _frames = CommonOptions.Between("--frames", "Frames of a video, evenly spaced.", 1, 256, 8);
    private readonly Option<int> _frameSize = CommonOptions.Between("--frame-size", "The most pixels of a frame's side.", 16, 8192, 768);
    private readonly Option<int?> _maxTokens = CommonOptions.Optional<int>("--max-tokens", "The most tokens of an answer, thoughts included. Default: the server's own limit.", "a whole number of at least 1", most => most >= 1);
    private readonly Option<double?> _temperature = CommonOptions.Optional<double>("--temperature", "What logits are divided by before tokens are drawn. Default: the server's own.", "a number from 0 to 2", value => value is >= 0 and <= 2);
    private readonly Option<int> _concurrency = CommonOptions.Between("--concurrency", "Rows under way at a time.", 1, 1000, 4);
    private readonly Option<double?> _requestsPerMinute = CommonOptions.Optional<double>("--requests-per-minute", "The rate limit; tries again count too. Default: none.", "a number from 0.1 to 1000000", rate => rate is >= 0.1 and <= 1_000_000);
    private readonly Option<int> _maxRetries = CommonOptions.Between("--max-retries", "Tries after the first, where the server is busy, fails or does not answer.", 0, 100, 5);
    private readonly Option<double> _timeout = CommonOptions.Checked("--timeout", "Seconds that one answer may take.", "a positive number of at most 86400", seconds => seconds is > 0 and <= 86400, 120.0);
    private readonly Option<int?> _limit = CommonOptions.Limit("rows of --data");
    private readonly DryRunOptions _dryRun = new();
    private readonly Option<bool> _quiet = QuietOption.Create();
    private readonly Option<bool> _json = CommonOptions.Json();

    /// <param name="time">The clock of rate limit and retries.</param>
    public static Command Create(TimeProvider time)
    {
        var annotate = new AnnotateCommand();
        var command = new ExampledCommand("annotate", "Have a teacher model behind an OpenAI-compatible endpoint write captions from the frames.", s_examples)
        {
            annotate._data, annotate._dataOptions.Format, annotate._dataOptions.Videos, annotate._dataOptions.SkipDamaged, annotate._dataOptions.Reading.Timeout, annotate._output, annotate._endpoint, annotate._model, annotate._apiKeyVariable,
            annotate._prompt, annotate._frames, annotate._frameSize, annotate._maxTokens, annotate._temperature, annotate._concurrency, annotate._requestsPerMinute, annotate._maxRetries, annotate._timeout, annotate._limit, annotate._dryRun.DryRun, annotate._quiet, annotate._json,
        };
        command.SetAction((parsed, cancellationToken) => annotate.RunAsync(parsed, time, cancellationToken));
        return command;
    }

    /// <summary>What may be a user's name and password, or a key in a query, in a text that need be no address.</summary>
    [GeneratedRegex(@".+(?=@)|(?<=\?).+", RegexOptions.Singleline)]
    private static partial Regex Secrets();

    private async Task<int> RunAsync(ParseResult parsed, TimeProvider time, CancellationToken cancellationToken)
    {
        var (data, outputPath, model) = (parsed.GetRequiredValue(_data), parsed.GetRequiredValue(_output), parsed.GetRequiredValue(_model));
        var failuresPath = outputPath + ".failed";
        using var files = new CommandFiles("score annotate");
        files.Read("--data", data);
        files.Read("--videos", parsed.GetValue(_dataOptions.Videos));
        files.Write("--output", outputPath, OutputKind.Annotations);
        files.Write("the list of failures beside --output", failuresPath, OutputKind.Failures);
        if (_dryRun.IsAsked(parsed))
            files.Check();
        else
            files.Claim();
        var apiKey = parsed.GetValue(_apiKeyVariable) is { } variable ? ApiKey.Of(variable) : null;
        if (_dryRun.IsAsked(parsed))
            return Plan(parsed, data, AnnotationFile.PathsIn(outputPath));
        using var service = new CaptionService(new Uri(parsed.GetRequiredValue(_endpoint)), model, apiKey, TimeSpan.FromSeconds(parsed.GetValue(_timeout)), time)
        {
            MaxTokens = parsed.GetValue(_maxTokens),
            Temperature = parsed.GetValue(_temperature),
        };
        var limiter = parsed.GetValue(_requestsPerMinute) is { } rate ? new RateLimiter(rate, time) : null;
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        var skipped = new SkippedRows();

        AnnotationCounts counts;
        using (var file = new AnnotationFile(outputPath))
        using (var progress = new WorkProgress(error))
        {
            var total = Count(parsed, data, file.Paths);
            var annotator = new Annotator(service, parsed.GetValue(_maxRetries), limiter, time, failuresPath)
            {
                Model = model,
                Prompt = parsed.GetRequiredValue(_prompt),
                Frames = parsed.GetValue(_frames),
                LongestSide = parsed.GetValue(_frameSize),
            };
            counts = await annotator.RunAsync(
                Rows(parsed, data, skipped), file, parsed.GetValue(_concurrency), done => progress.Report(done, total, "annotating"), cancellationToken);
        }

        skipped.Report(error, data);
        if (counts.Failed > 0)
            error.WriteLine($"score: {counts.Failed} rows have no caption; {failuresPath} says why. The same command tries them again.");
        if (counts.Stopped is not null)
            error.WriteLine($"score: stopped: {counts.Stopped.TrimEnd('.')}. What was annotated is in {outputPath}; the same command goes on.");
        Print(counts, skipped.Count(SkipReason.MissingFile), service.Spent, parsed.GetValue(_json), output);
        return counts.Failed > 0 ? 1 : 0;
    }

    private IEnumerable<CaptionedVideo> Rows(ParseResult parsed, string data, SkippedRows skipped) =>
        _dataOptions.Read(parsed, data, skipped, _ => null).Take(parsed.GetValue(_limit) ?? int.MaxValue);

    /// <summary>The rows to ask about, by a first reading, which also finds damage before anything is asked; null where the data can be read once only.</summary>
    private int? Count(ParseResult parsed, string data, HashSet<string> done) => RealPath.IsDevice(data) ? null
        : Rows(parsed, data, new SkippedRows()).Select(row => row.Name).Distinct(StringComparer.Ordinal).Count(name => !done.Contains(name));

    /// <summary>Says how many rows would be asked about. What the answers would take is the server's to say.</summary>
    private int Plan(ParseResult parsed, string data, HashSet<string> done)
    {
        if (RealPath.IsDevice(data))
            throw new IOException($"--data: '{data}' is a device or a pipe, whose rows a dry run would use up. Write them to a file.");
        var skipped = new SkippedRows();
        var names = Rows(parsed, data, skipped).Select(row => row.Name).ToHashSet(StringComparer.Ordinal);
        skipped.Report(parsed.InvocationConfiguration.Error, data);
        var (alreadyThere, output) = (names.Count(done.Contains), parsed.InvocationConfiguration.Output);
        var (toAsk, frames, missing) = (names.Count - alreadyThere, parsed.GetValue(_frames), skipped.Count(SkipReason.MissingFile));
        if (parsed.GetValue(_json))
            output.WriteLine(JsonOutput.Format(new { dryRun = "score annotate", toAsk, alreadyThere, missing, framesPerRow = frames }));
        else
            output.WriteLine($"dry run of score annotate: nothing was asked, nothing was written{Environment.NewLine}to ask: {toAsk}, of at most {frames} frames each; already there: {alreadyThere}, missing files: {missing}");
        return 0;
    }

    private static void Print(AnnotationCounts counts, int missing, TokenUsage? spent, bool json, TextWriter output)
    {
        if (json)
        {
            output.WriteLine(JsonOutput.Format(new
            {
                annotated = counts.Annotated,
                alreadyThere = counts.AlreadyThere,
                failed = counts.Failed,
                missing,
                stopped = counts.Stopped,
                promptTokens = spent?.PromptTokens,
                completionTokens = spent?.CompletionTokens,
            }));
            return;
        }

        output.WriteLine($"annotated: {counts.Annotated}, already there: {counts.AlreadyThere}, failed: {counts.Failed}, missing files: {missing}");
        if (spent is not null)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"tokens: {spent.PromptTokens} of prompts, {spent.CompletionTokens} of answers"));
    }
}
