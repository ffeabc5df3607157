using System.CommandLine;
using System.CommandLine.Parsing;

namespace Score.Cli.Usage;

/// <summary>What is wrong with a command line, a sentence for each fault, which says what to write instead or where that is told.</summary>
internal static class UsageFaults
{
    public static IEnumerable<string> Of(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var unmatched = parsed.UnmatchedTokens;
        string[] options = [.. unmatched.Where(token => token.StartsWith('-'))];
        if (command.Subcommands.Count == 0)
            return options.Length > 0 ? options.Select(Unknown).Concat(Others()) : unmatched.Select(token => $"{NameOf(command)} takes no argument '{token}'.{SeeHelp(command)}").Concat(Others());
        if (unmatched is [['-', ..], ..])
            return options.Select(Unknown);
        string[] names = [.. command.Subcommands.Select(subcommand => subcommand.Name)];
        return [(unmatched is [var word, ..] ? $"There is no command '{word}'.{Suggestion.For(word, names)}" : "A command is missing.") + $" The commands are {string.Join(", ", names)}.{SeeHelp(command)}"];

        string Unknown(string option) => NoOption(option, command) is var fault && fault.EndsWith('?') ? fault : fault + SeeHelp(command);

        // The rules of this program begin with the option's name and say what is expected; the parser's own sentences do not.
        IEnumerable<string> Others() =>
            from fault in parsed.Errors
            let message = fault.Message
            where fault.SymbolResult is not CommandResult || !unmatched.Any(token => message.Contains($"'{token}'", StringComparison.Ordinal))
            select message.StartsWith("Option '", StringComparison.Ordinal) || message.StartsWith("Required ", StringComparison.Ordinal) ? message + SeeHelp(command) : message;
    }

    /// <summary>An option that the command does not have.</summary>
    public static string NoOption(string option, Command command) =>
        $"There is no option '{option}'.{Suggestion.For(option, command.Options.Concat(command.Parents.OfType<Command>().SelectMany(parent => parent.Options.Where(known => known.Recursive))).Select(known => known.Name))}";

    private static string SeeHelp(Command command) => $" '{NameOf(command)} --help' tells more.";

    private static string NameOf(Command command) => command is RootCommand ? "score" : $"score {command.Name}";
}
