using System.CommandLine;
using Microsoft.ML.Score.Cli.Commands;

namespace Microsoft.ML.Score.Cli;

/// <summary>
/// The <c>score</c> program. Exit codes: 0 success, 1 a failure or a golden case that is off, 2 wrong usage or (verify) a case of
/// a kind that is not built yet, 130 stopped by Ctrl+C.
/// </summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        try
        {
            var parsed = BuildRootCommand().Parse(args);
            var exitCode = await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromMinutes(1) });
            return parsed.Errors.Count > 0 ? 2 : exitCode;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("score: stopped.");
            return 130;
        }
        catch (Exception exception)
        {
            Console.Error.WriteLine($"score: {exception.Message}");
            return 1;
        }
    }

    internal static RootCommand BuildRootCommand() => new("SCORE video-token compression: train, compress, answer, evaluate, verify.")
    {
        VerifyCommand.Create(),
    };
}
