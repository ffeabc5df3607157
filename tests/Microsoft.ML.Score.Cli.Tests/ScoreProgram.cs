using Microsoft.ML.Score.Models;

namespace Score.Cli;

/// <summary>Runs the program in this process and gives back all that a caller of it sees.</summary>
internal sealed record ScoreProgram(int ExitCode, string Output, string Error)
{
    public static ScoreProgram Run(params string[] args) => Run(new FakeVideoModel(), CancellationToken.None, args);

    public static ScoreProgram Run(IVideoLanguageModel model, CancellationToken cancellationToken, params string[] args)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var exitCode = Program.RunAsync(args, (_, _) => model, output, error, cancellationToken).GetAwaiter().GetResult();
        return new ScoreProgram(exitCode, output.ToString(), error.ToString());
    }
}
