using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;
using Microsoft.ML.Score.Models;
using Score.Cli.Commands;
using Score.Cli.Output;
using Score.Cli.Runs;
using Score.Cli.Usage;

namespace Score.Cli;

/// <summary>
/// The <c>score</c> program. Exit codes: 0 success, 1 a failure, 2 wrong usage, 130 stopped by Ctrl+C. Results go to standard
/// output, everything else to standard error.
/// </summary>
internal static class Program
{
    internal static readonly Example[] Examples =
    [
        new("score compress synthetic:test-short-0 --ratio 0.1", "Keep a tenth of the tokens of a made-up clip, and show which."),
        new("score answer synthetic:test-short-0 --question \"What colour is the circle?\" --ratio 0.25", "Ask about the clip, of which the model sees a quarter of the tokens."),
        new("score list", "See which models, compressors and benchmarks there are on this machine."),
    ];

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
        List<(CommandLine Line, ParseResult Parsed)> runs = [];
        var areRight = true;
        try
        {
            foreach (var line in CommandLine.Of(BuildRootCommand(loadModel), args))
                if (Parse(line, loadModel, messages) is { } parsed)
                    runs.Add((line, parsed));
                else
                    areRight = false;
            if (areRight && runs.Count > 1)
                RunOutputs.ThrowIfShared(runs);
        }
        catch (UsageException exception)
        {
            messages.WriteLine($"score: {exception.Message}");
            return 2;
        }

        if (!areRight)
            return 2;
        foreach (var (index, (line, parsed)) in runs.Index())
        {
            messages.IsQuiet = QuietOption.IsGiven(parsed);
            var exitCode = await InvokeAsync(line, parsed, results, messages, cancellationToken);
            if (exitCode == 0)
                continue;
            if (runs.Count > 1)
                messages.WriteLine($"score: {line.Name} ended with exit code {exitCode}{(runs.Count - 1 - index is > 0 and var left ? $"; {left} after it were not begun" : "")}.");
            return exitCode;
        }

        return 0;
    }

    private static async Task<int> InvokeAsync(CommandLine line, ParseResult parsed, ResultWriter results, MessageWriter messages, CancellationToken cancellationToken)
    {
        try
        {
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
            messages.WriteLine($"score: {line.Explain(exception.Message)}");
            return 2;
        }
        catch (OperationCanceledException)
        {
            messages.WriteLine("score: stopped.");
            return 130;
        }
        catch (Exception exception)
        {
            messages.WriteLine($"score: {line.Explain(FaultText.Of(exception))}");
            return 1;
        }
    }

    private static ParseResult? Parse(CommandLine line, Func<string, VideoModelOptions, IVideoLanguageModel> loadModel, TextWriter messages)
    {
        try
        {
            var parsed = BuildRootCommand(loadModel).Parse(line.Words, CommandLine.Parsing);
            foreach (var fault in parsed.Errors.Count > 0 ? UsageFaults.Of(parsed).Distinct() : [])
                messages.WriteLine($"score: {line.Explain(fault)}");
            return parsed.Errors.Count > 0 ? null : parsed;
        }
        catch (InvalidOperationException exception)
        {
            // A rule about several options asked for a value that is missing.
            messages.WriteLine($"score: {line.Explain(exception.Message)}");
            return null;
        }
    }

    internal static RootCommand BuildRootCommand(Func<string, VideoModelOptions, IVideoLanguageModel> loadModel)
    {
        var root = new RootCommand("SCORE video-token compression: annotate, encode, train, compress, answer, evaluate, describe, list, report, download.")
        {
            Run(TrainCommand.Create(loadModel)),
            Run(AnnotateCommand.Create(TimeProvider.System)),
            Run(EncodeCommand.Create(loadModel)),
            Run(CompressCommand.Create(loadModel)),
            Run(AnswerCommand.Create(loadModel)),
            Run(EvalCommand.Create(loadModel, TimeProvider.System)),
            ModelCommand.Create(),
            ListCommand.Create(),
            DownloadCommand.Create(TimeProvider.System),
            PolicyCommand.Create(),
            ReportCommand.Create(),
        };
        root.Options.OfType<VersionOption>().Single().Action = new VersionAction();
        root.Options.OfType<HelpOption>().Single().Action = new HelpPage(Examples);
        var suggest = root.Directives.OfType<SuggestDirective>().Single();
        suggest.Action = new Completion(suggest);
        UsageRules.Add(root);
        return root;

        // Of work that is given by a file as often as by hand.
        static Command Run(Command command)
        {
            CommandLine.AddOption(command);
            return command;
        }
    }
}
