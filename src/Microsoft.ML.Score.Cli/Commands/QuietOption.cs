using System.CommandLine;

namespace Score.Cli.Commands;

/// <summary><c>--quiet</c>, of the commands that say more on standard error than what is wrong.</summary>
internal static class QuietOption
{
    private const string Name = "--quiet";

    public static Option<bool> Create() => new(Name) { Description = "No progress and no lines that merely inform on standard error; warnings and errors stay." };

    /// <summary>Whether a command line has it; one of a command without it has not.</summary>
    public static bool IsGiven(ParseResult parsed) => parsed.CommandResult.Command.Options.OfType<Option<bool>>().FirstOrDefault(option => option.Name == Name) is { } quiet && parsed.GetValue(quiet);
}
