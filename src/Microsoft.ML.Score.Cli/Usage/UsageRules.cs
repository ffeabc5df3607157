using System.CommandLine;
using System.CommandLine.Parsing;

namespace Score.Cli.Usage;

/// <summary>
/// What holds for every option and argument of the program, so that none has to say it: an option is given once, no text is empty, and a word in
/// the place of a file that looks like an option is taken for one that does not exist.
/// </summary>
internal static class UsageRules
{
    /// <summary>Adds the rules to a command and all commands below it.</summary>
    public static void Add(Command command)
    {
        foreach (var option in command.Options.Where(option => option is not VersionOption))
            option.Validators.Add(result => Check(option, result));
        foreach (var argument in command.Arguments)
            argument.Validators.Add(result => Check(argument, result));
        foreach (var subcommand in command.Subcommands)
            Add(subcommand);
    }

    private static void Check(Option option, OptionResult result)
    {
        if (result.IdentifierTokenCount > 1 && option.ValueType != typeof(Dictionary<string, string>))
            result.AddError($"{option.Name} is given {result.IdentifierTokenCount} times; give it once.");
        else if (option is Option<string?> { CustomParser: null } && result.Tokens is [{ Value: var value }] && string.IsNullOrWhiteSpace(value))
            result.AddError($"{option.Name} must not be empty, got '{value}'.");
    }

    private static void Check(Argument argument, ArgumentResult result)
    {
        foreach (var value in result.Tokens.Select(token => token.Value))
            if (string.IsNullOrWhiteSpace(value))
                result.AddError($"The argument {argument.Name} must not be empty, got '{value}'.");
            else if (value.StartsWith('-'))
                result.AddError($"{UsageFaults.NoOption(value, ((CommandResult)result.Parent!).Command)} A file of that name is written ./{value}");
    }
}
