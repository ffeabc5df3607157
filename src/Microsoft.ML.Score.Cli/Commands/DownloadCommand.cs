using System.CommandLine;
using System.CommandLine.Parsing;
using Microsoft.ML.Score.Models.Loading;
using Microsoft.ML.Score.Storage;
using Score.Cli.Hub;
using Score.Cli.Output;
using Score.Cli.Usage;

namespace Score.Cli.Commands;

/// <summary><c>score download ID</c>: brings a checkpoint from the Hugging Face hub into the local cache. Stopped or killed, the same command goes on.</summary>
internal sealed class DownloadCommand
{
    private static readonly Example[] s_examples =
    [
        new("score download Qwen/Qwen2.5-VL-7B-Instruct", "Bring what a model is loaded from; stopped, the same command goes on."),
        new("score download Qwen/Qwen2.5-VL-7B-Instruct --revision main --include \"*.json,*.txt\"", "Bring its small files alone, for score model to describe."),
    ];

    private readonly Argument<string> _model = new("model") { Description = $"The model's id at the hub, {HubModelId.Form}, such as Qwen/Qwen2.5-VL-7B-Instruct." };
    private readonly Option<string?> _revision = new("--revision") { Description = $"A branch, a tag or a commit. Default: {HubModelId.DefaultRevision}." };
    private readonly Option<string[]> _include = new("--include")
    {
        Description = "The files to download, in place of those that a model is loaded from: a list of patterns in which * and ? stand for characters within a name and ** for folders too.",
        HelpName = "patterns",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true, // as huggingface-cli takes them
        DefaultValueFactory = _ => [.. FilePatterns.Default],
        CustomParser = ParsePatterns,
    };

    private readonly Option<int> _concurrency = CommonOptions.Between("--concurrency", "Files under way at a time.", 1, 64, 4);
    private readonly Option<bool> _json = CommonOptions.Json();

    /// <param name="time">The clock of the waits between tries.</param>
    public static Command Create(TimeProvider time)
    {
        var download = new DownloadCommand();
        var command = new ExampledCommand("download", "Download a checkpoint from the Hugging Face hub into the local cache, where --model finds it by its id.", s_examples)
        {
            download._model, download._revision, download._include, download._concurrency, QuietOption.Create(), download._json,
        };
        download._model.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && !string.IsNullOrWhiteSpace(text) && !text.StartsWith('-') && HubModelId.TryParse(text) is null)
                result.AddError($"The model must be {HubModelId.Form}, got '{text}'.");
        });
        download._revision.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && !string.IsNullOrWhiteSpace(text) && !HubModelId.IsRevision(text))
                result.AddError($"--revision must be a branch, a tag or a commit, got '{text}'.");
        });
        command.Validators.Add(result =>
        {
            if (result.GetResult(download._model) is { Tokens: [{ Value: var text }] } && text.Contains('@', StringComparison.Ordinal))
                IdleOptions.Refuse(result, "cannot be combined with a revision in the id; leave out one of the two.", download._revision);
        });
        command.SetAction((parsed, cancellationToken) => download.RunAsync(parsed, time, cancellationToken));
        return command;
    }

    private static string[] ParsePatterns(ArgumentResult result)
    {
        List<string> patterns = [];
        foreach (var (list, pattern) in result.Tokens.SelectMany(token => token.Value.Split(','), (token, text) => (token.Value, text.Trim())))
            if (pattern.Length == 0 || pattern.StartsWith('-'))
                result.AddError($"--include must be a list of patterns of file names, got '{list}'.");
            else if (patterns.Contains(pattern))
                result.AddError($"--include lists '{pattern}' twice.");
            else
                patterns.Add(pattern);
        return [.. patterns];
    }

    private async Task<int> RunAsync(ParseResult parsed, TimeProvider time, CancellationToken cancellationToken)
    {
        var settings = HubSettings.Of(Environment.GetEnvironmentVariable);
        var model = HubModelId.TryParse(parsed.GetRequiredValue(_model))!;
        if (parsed.GetValue(_revision) is { } revision)
            model = model with { Revision = revision };
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        if (settings.IsOffline)
            return TellOfCache(settings.Cache, model, parsed.GetValue(_json), output);

        HubDownloadResult result;
        using (var progress = new WorkProgress(error, time))
        {
            var writing = new Lock();
            using var client = new HubClient(settings, time, warning =>
            {
                lock (writing)
                    progress.Say($"score: warning: {settings.Hide(warning)}");
            });
            var download = new HubDownload(client, settings.Cache)
            {
                Patterns = new FilePatterns(parsed.GetRequiredValue(_include)),
                Concurrency = parsed.GetValue(_concurrency),
                Report = state =>
                {
                    lock (writing)
                        progress.ReportBytes(state.Bytes, state.TotalBytes, $"downloading, {state.Files} of {state.TotalFiles} files");
                },
            };
            try
            {
                result = await download.RunAsync(model, cancellationToken);
            }
            catch (HubException exception)
            {
                throw new HubException(settings.Hide(exception.Message), exception);
            }
            catch (OperationCanceledException)
            {
                lock (writing)
                    progress.Say("score: what was downloaded is kept; the same command goes on.");
                throw;
            }
        }

        if (parsed.GetValue(_json))
            output.WriteLine(JsonOutput.Format(new { model = model.Id, revision = model.Revision, commit = result.Commit, files = result.Files, bytes = result.Bytes, newFiles = result.NewFiles, receivedBytes = result.ReceivedBytes, folder = result.Folder }));
        else
            Print(model, result, output);
        return 0;
    }

    private static void Print(HubModelId model, HubDownloadResult result, TextWriter output)
    {
        output.WriteLine($"{model.Id} at {model.Revision}{(model.Revision == result.Commit ? "" : $", commit {result.Commit}")}: {Files(result.Files)}, {ByteCount.Format(result.Bytes)}");
        output.WriteLine(result.NewFiles == 0
            ? "already complete: nothing was downloaded"
            : $"downloaded: {ByteCount.Format(result.ReceivedBytes)} for {Files(result.NewFiles)}; already there: {Files(result.Files - result.NewFiles)}");
        output.WriteLine(result.Folder);

        static string Files(int count) => count == 1 ? "1 file" : $"{count} files";
    }

    /// <summary>Without the hub nobody can say which files there should be, only whether those that the cache has are whole.</summary>
    private static int TellOfCache(HubCache cache, HubModelId model, bool json, TextWriter output)
    {
        const string offline = "HF_HUB_OFFLINE is set, so the hub is not asked";
        if (cache.Find(model) is not { } folder)
            throw new InvalidOperationException($"{offline}, and the Hugging Face cache '{cache.Folder}' does not have '{model}'. Unset it to download.");
        if (HubCache.BrokenLinksIn(folder).FirstOrDefault() is { } broken)
            throw new InvalidOperationException($"{offline}, and of '{model}' in '{folder}' the file '{broken}' is missing. Unset it to download.");
        output.WriteLine(json
            ? JsonOutput.Format(new { model = model.Id, revision = model.Revision, commit = Path.GetFileName(folder), offline = true, folder })
            : $"{model.Id} at {model.Revision}: in the cache; {offline}{Environment.NewLine}{folder}");
        return 0;
    }
}
