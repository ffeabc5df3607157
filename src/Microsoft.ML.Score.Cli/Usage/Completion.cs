using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Score.Cli.Usage;

/// <summary>
/// <c>score "[suggest:POSITION]" "LINE"</c>: the words that can stand at a place of a command line, a line each, for the shells. The line is not parsed:
/// one that is being typed is wrong in most places, and what it lacks would be told in place of an answer. A file's name is left to the shell.
/// </summary>
internal sealed class Completion(SuggestDirective directive) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var line = parseResult.Tokens.LastOrDefault(token => token.Type != TokenType.Directive)?.Value ?? "";
        var given = parseResult.GetResult(directive)!.Values is [var text, ..] && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : line.Length;
        foreach (var word in Words(parseResult.RootCommandResult.Command, line, given))
            parseResult.InvocationConfiguration.Output.WriteLine(word);
        return 0;
    }

    /// <summary>The words that fit, each as the whole word at the place would be.</summary>
    /// <param name="root">The program.</param>
    /// <param name="line">The command line, with the program's name before it or without.</param>
    /// <param name="position">How much of it stands before the cursor. PowerShell leaves out spaces at the end, and counts them.</param>
    public static IEnumerable<string> Words(Command root, string line, int position)
    {
        var before = position > line.Length ? line + " " : line[..position];
        string[] words = [.. CommandLineParser.SplitCommandLine(before)];
        var word = before.Length == 0 || char.IsWhiteSpace(before[^1]) || words.Length == 0 ? "" : words[^1];
        if (word.Length > 0)
            words = words[..^1];
        var command = words.Select(name => root.Subcommands.FirstOrDefault(subcommand => subcommand.Name == name)).FirstOrDefault(found => found is not null) ?? root;
        var open = words is [.., var last] ? OptionOf(command, last) : null;
        var candidates = open is null || open.ValueType == typeof(bool) || open.Arity.MaximumNumberOfValues == 0 ? Next(command, root, words, word) : ValuesOf(open, word);
        return candidates.Where(candidate => candidate.StartsWith(word, StringComparison.Ordinal) && candidate != word).Distinct(StringComparer.Ordinal);
    }

    /// <summary>Where no option waits for its value: commands, the words of arguments, and options that are not given yet.</summary>
    private static IEnumerable<string> Next(Command command, Command root, string[] words, string word)
    {
        var options = command.Options.Concat(root.Options.Where(option => option.Recursive)).Where(option => !option.Hidden && (!words.Contains(option.Name) || IsOneForEachName(option))).Select(option => option.Name);
        return word.StartsWith('-') ? options.Order(StringComparer.Ordinal)
            : [.. command.Subcommands.Select(subcommand => subcommand.Name), .. command.Arguments.SelectMany(argument => argument.GetCompletions(CompletionContext.Empty)).Select(item => item.Label), .. options.Order(StringComparer.Ordinal)];
    }

    /// <summary>An option's words; the next item of a list that has begun, and the name before a value.</summary>
    private static IEnumerable<string> ValuesOf(Option option, string word)
    {
        var labels = option.GetCompletions(CompletionContext.Empty).Select(item => item.Label);
        if (IsOneForEachName(option))
            return labels.Select(label => label + "=");
        if (!option.ValueType.IsArray)
            return labels;
        var begun = word[..(word.LastIndexOf(',') + 1)];
        return labels.Except(begun.Split(',')).Select(label => begun + label);
    }

    private static Option? OptionOf(Command command, string word) => command.Options.FirstOrDefault(option => option.Name == word);

    private static bool IsOneForEachName(Option option) => option.ValueType == typeof(Dictionary<string, string>);
}
