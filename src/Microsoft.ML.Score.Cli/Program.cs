using System.CommandLine;
using Microsoft.ML.Score.Models;
using Score.Cli.Commands;
using Score.Cli.Files;

namespace Score.Cli;

/// <summary>
/// The <c>score</c> program. Exit codes: 0 success, 1 a failure or a golden case that is off, 2 wrong usage or (verify) a case of
/// a kind that is not built yet, 130 stopped by Ctrl+C. Results go to standard output, everything else to standard error.
/// </summary>
internal static class Program
{
    public static Task<int> Main(string[] args) => RunAsync(args, VideoModel.Load, Console.Out, Console.Error);

    /// <param name="args">The command line.</param>
    /// <param name="loadModel">Gives the frozen model of a <c>--model</c> value, within a limit of memory.</param>
    /// <param name="output">Results.</param>
    /// <param name="error">Messages and progress.</param>
    /// <param name="cancellationToken">Stops the command as Ctrl+C does.</param>
    /// <returns>The exit code.</returns>
    internal static async Task<int> RunAsync(
        string[] args, Func<string, VideoModelOptions, IVideoLanguageModel> loadModel, TextWriter output, TextWriter error, CancellationToken cancellationToken = default)
    {
        try
        {
            var parsed = BuildRootCommand(loadModel).Parse(args);
            foreach (var fault in parsed.Errors)
                error.WriteLine($"score: {fault.Message}");
            if (parsed.Errors.Count > 0)
                return 2;

            // The time that Ctrl+C leaves a command to end by itself: the step under way, then the checkpoint.
            var configuration = new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = TimeSpan.FromMinutes(1),
            };
            return await parsed.InvokeAsync(configuration, cancellationToken);
        }
        catch (UsageException exception)
        {
            error.WriteLine($"score: {exception.Message}");
            return 2;
        }
        catch (OperationCanceledException)
        {
            error.WriteLine("score: stopped.");
            return 130;
        }
        catch (Exception exception)
        {
            error.WriteLine($"score: {Describe(exception)}");
            return 1;
        }
    }

    private static RootCommand BuildRootCommand(Func<string, VideoModelOptions, IVideoLanguageModel> loadModel)
    {
        var root = new RootCommand("SCORE video-token compression: annotate, train, compress, answer, evaluate, describe, verify.")
        {
            TrainCommand.Create(loadModel),
            AnnotateCommand.Create(TimeProvider.System),
            CompressCommand.Create(loadModel),
            AnswerCommand.Create(loadModel),
            EvalCommand.Create(loadModel),
            ModelCommand.Create(),
            VerifyCommand.Create(),
        };
        root.Options.OfType<VersionOption>().Single().Action = new VersionAction();
        return root;
    }

    /// <summary>The message in one line, without the names that only a programmer knows.</summary>
    private static string Describe(Exception exception)
    {
        var message = exception.Message;
        if (exception is ArgumentException { ParamName: { } parameter })
            message = message.Replace($" (Parameter '{parameter}')", "", StringComparison.Ordinal);
        return message.ReplaceLineEndings(" ");
    }
}
