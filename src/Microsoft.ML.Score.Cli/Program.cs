using System.CommandLine;
using System.CommandLine.Help;
using Microsoft.ML.Score.Models;
using Score.Cli.Commands;
using Score.Cli.Output;
using Score.Cli.Usage;

namespace Score.Cli;

/// <summary>
/// The <c>score</c> program. Exit codes: 0 success, 1 a failure, 2 wrong usage, 130 stopped by Ctrl+C. Results go to standard
/// output, everything else to standard error.
/// </summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        StandardStream.UseAsError();
        var output = StandardStream.UseAsOutput();
        var exitCode = await RunAsync(args, VideoModel.Load, Console.Out, Console.Error);
        if (output.Failure is not { } failure)
            return exitCode;
        new MessageWriter(Console.Error).WriteLine($"score: standard output cannot be written: {failure.Message}");
        return exitCode == 0 ? 1 : exitCode;
    }

    /// <param name="args">The command line.</param>
    /// <param name="loadModel">Gives the frozen model of a <c>--model</c> value, within a limit of memory.</param>
    /// <param name="output">Results.</param>
    /// <param name="error">Messages and progress.</param>
    /// <param name="cancellationToken">Stops the command as Ctrl+C does.</param>
    /// <returns>The exit code.</returns>
    internal static async Task<int> RunAsync(
        string[] args, Func<string, VideoModelOptions, IVideoLanguageModel> loadModel, TextWriter output, TextWriter error, CancellationToken cancellationToken = default)
    {
        var (results, messages) = (new ResultWriter(output), new MessageWriter(error));
        try
        {
            if (Parse(args, loadModel, messages) is not { } parsed)
                return 2;

            // The time that Ctrl+C leaves a command to end by itself: the step under way, then the checkpoint.
            var configuration = new InvocationConfiguration
            {
                Output = results,
                Error = messages,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = TimeSpan.FromMinutes(1),
            };
            return await parsed.InvokeAsync(configuration, cancellationToken);
        }
        catch (UsageException exception)
        {
            messages.WriteLine($"score: {exception.Message}");
            return 2;
        }
        catch (OperationCanceledException)
        {
            messages.WriteLine("score: stopped.");
            return 130;
        }
        catch (Exception exception)
        {
            messages.WriteLine($"score: {FaultText.Of(exception)}");
            return 1;
        }
    }

    private static ParseResult? Parse(string[] args, Func<string, VideoModelOptions, IVideoLanguageModel> loadModel, TextWriter messages)
    {
        try
        {
            // Without response files: a video whose name starts with @ would be read as options.
            var parsed = BuildRootCommand(loadModel).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
            foreach (var fault in parsed.Errors.Count > 0 ? UsageFaults.Of(parsed).Distinct() : [])
                messages.WriteLine($"score: {fault}");
            return parsed.Errors.Count > 0 ? null : parsed;
        }
        catch (InvalidOperationException exception)
        {
            // A rule about several options asked for a value that is missing.
            messages.WriteLine($"score: {exception.Message}");
            return null;
        }
    }

    internal static RootCommand BuildRootCommand(Func<string, VideoModelOptions, IVideoLanguageModel> loadModel)
    {
        var root = new RootCommand("SCORE video-token compression: annotate, train, compress, answer, evaluate, describe, report, download.")
        {
            TrainCommand.Create(loadModel),
            AnnotateCommand.Create(TimeProvider.System),
            CompressCommand.Create(loadModel),
            AnswerCommand.Create(loadModel),
            EvalCommand.Create(loadModel, TimeProvider.System),
            ModelCommand.Create(),
            DownloadCommand.Create(TimeProvider.System),
            PolicyCommand.Create(),
            ReportCommand.Create(),
        };
        root.Options.OfType<VersionOption>().Single().Action = new VersionAction();
        root.Options.OfType<HelpOption>().Single().Action = new HelpPage();
        UsageRules.Add(root);
        return root;
    }
}
