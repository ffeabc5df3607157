using System.CommandLine;
using System.CommandLine.Parsing;

namespace Score.Cli.Usage;

/// <summary>
/// The rule that no option is passed over in silence: one that is given and could not change anything beside the others is wrong usage, because
/// whoever gave it meant something. Limits that are merely not reached (memory, seconds to wait) and seeds of which nothing is drawn are kept, so they are no such options.
/// </summary>
internal static class IdleOptions
{
    /// <summary>Whether the command line itself has an option, and rightly: what is wrong with it by itself is told instead.</summary>
    public static bool IsGiven(CommandResult result, Option option) => result.GetResult(option) is { Implicit: false } given && IsRight(given);

    /// <summary>Whether the command line has an option that is wrong by itself.</summary>
    public static bool IsWrong(CommandResult result, Option option) => result.GetResult(option) is { Implicit: false } given && !IsRight(given);

    /// <summary>Refuses every option of some that is given.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="reason">What follows the option's name: which other option leaves it nothing to do, and what to give instead.</param>
    /// <param name="options">The options.</param>
    public static void Refuse(CommandResult result, string reason, params Option[] options)
    {
        foreach (var option in options.Where(option => IsGiven(result, option)))
            result.AddError($"{option.Name} {reason}");
    }

    /// <summary>The rules of a command run before those of its options, whose values are read here for the first time.</summary>
    private static bool IsRight(OptionResult given)
    {
        var option = given.Option;
        if (given.IdentifierTokenCount > 1 && option.ValueType != typeof(Dictionary<string, string>))
            return false;
        if (option.ValueType != typeof(bool) && (given.Tokens.Count == 0 || given.Tokens.Any(token => string.IsNullOrWhiteSpace(token.Value))))
            return false;
        given.GetValueOrDefault<object>(); // a value that is none ends the parsing here, and is all that is told
        return !given.Errors.Any();
    }
}
