using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using System.Text.RegularExpressions;
using Score.Cli.Usage;

namespace Score.Cli.Runs;

/// <summary>
/// One run of a command: its words, into which the fields of a run file were put, and where those came from. The parser sees words alone, so every rule and message is the
/// same for both.
/// </summary>
/// <param name="Words">What is parsed.</param>
/// <param name="Name">"run 2 of 3"; empty for the only one.</param>
/// <param name="Fields">The fields of the file that are among the words.</param>
internal sealed record CommandLine(string[] Words, string Name, IReadOnlyList<RunField> Fields)
{
    public const string OptionName = "--config";

    /// <summary>Gives a command the option.</summary>
    public static void AddOption(Command command) => command.Options.Add(new Option<string?>(OptionName)
    {
        Description = "A JSON file with options of this command by their names without dashes, or several runs of them. What the command line gives as well wins.",
    });

    /// <summary>The runs that a command line asks for: itself, or those of its run file.</summary>
    /// <param name="root">The commands; it is parsed without its rules, which the runs are held to later.</param>
    /// <param name="args">The command line.</param>
    /// <exception cref="UsageException">The run file cannot be read, or does not fit the command.</exception>
    public static IReadOnlyList<CommandLine> Of(RootCommand root, string[] args)
    {
        var parsed = WithoutRules(root).Parse(args, Parsing);
        var (command, given) = (parsed.CommandResult.Command, parsed.CommandResult);
        var config = command.Options.FirstOrDefault(option => option.Name == OptionName);
        // Help, and what directives before the command ask for, is about the command line as it stands; so is a --config that is wrong by itself.
        if (config is null || args[0] != command.Name || parsed.Action is HelpPage || given.GetResult(config) is not { IdentifierTokenCount: 1, Tokens: [{ Value: { Length: > 0 } path }] })
            return [new CommandLine(args, "", [])];
        var runs = RunFile.Read(path);
        return [.. runs.Select((fields, index) =>
        {
            RunField[] used = [.. fields.Where(field => !IsGiven(given, Known(command, field)))];
            string[] words = [.. used.OrderBy(field => Known(command, field) is Argument ? 0 : 1).SelectMany(field => WordsOf(command, field))];
            return new CommandLine([args[0], .. words, .. args[1..]], runs.Count == 1 ? "" : $"run {index + 1} of {runs.Count}", used);
        })];
    }

    /// <summary>How command lines are parsed. Without response files: a video whose name starts with @ would be read as options.</summary>
    public static ParserConfiguration Parsing { get; } = new() { ResponseFileTokenReplacer = null };

    /// <summary>A message about this run, with the place of each field of the file that it speaks of.</summary>
    public string Explain(string message)
    {
        var spokenOf = Fields.Where(field => Regex.IsMatch(message, $@"(?<![\w-]){Regex.Escape(field.OptionName)}(?![\w-])")
            || field.Items.Any(item => item.Type == JsonTokenType.String && item.Text.Length > 0 && message.Contains($"'{item.Text}'", StringComparison.Ordinal))).ToArray();
        var places = string.Join("; ", spokenOf.Select(field => $"'{field.Name}' is at {field.Place}"));
        return (Name.Length > 0 ? $"{Name}: " : "") + message + (places.Length > 0 ? $" ({places})" : "");
    }

    private static RootCommand WithoutRules(RootCommand root)
    {
        foreach (var command in root.Subcommands)
        {
            command.Validators.Clear();
            foreach (var option in command.Options)
                option.Validators.Clear();
            foreach (var argument in command.Arguments)
                argument.Validators.Clear();
        }

        return root;
    }

    private static bool IsGiven(CommandResult given, Symbol symbol) => symbol switch
    {
        Option option => given.GetResult(option) is { Implicit: false },
        Argument argument => given.GetResult(argument) is { Tokens.Count: > 0 },
        _ => false,
    };

    private static Symbol Known(Command command, RunField field)
    {
        Option[] options = [.. command.Options.Where(option => !option.Hidden && option.Name is not OptionName)];
        if (options.FirstOrDefault(option => option.Name == field.OptionName) is { } found)
            return found;
        if (command.Arguments.FirstOrDefault(argument => argument.Name == field.Name) is { } argument)
            return argument;
        string[] names = [.. options.Select(option => option.Name[2..]), .. command.Arguments.Select(argument => argument.Name)];
        var bare = field.Name.TrimStart('-');
        var hint = field.OptionName == OptionName ? " A run file cannot name another."
            : bare != field.Name && names.Contains(bare) ? $" Names stand without dashes: '{bare}'."
            : Suggestion.For(field.Name, names) is { Length: > 0 } suggestion ? suggestion : $" 'score {command.Name} --help' lists them.";
        throw Fault(field, $"score {command.Name} has no option '{field.Name}'.{hint}");
    }

    private static IEnumerable<string> WordsOf(Command command, RunField field)
    {
        var symbol = Known(command, field);
        var type = symbol is Option option ? option.ValueType : ((Argument)symbol).ValueType;
        var isByName = type == typeof(Dictionary<string, string>);
        if (field.IsList && !type.IsArray && !isByName)
            throw Fault(field, $"'{field.Name}' takes one value, got a list.");
        if (field.Items.Count == 0)
            throw Fault(field, $"'{field.Name}' is an empty list; leave it out for the default.");
        var wanted = WantedOf(type.IsArray ? type.GetElementType()! : type);
        foreach (var item in field.Items)
            if (!wanted.Types.Contains(item.Type))
                throw Fault(field, $"'{field.Name}' must be {wanted.Name}{(type.IsArray || isByName ? " or a list of such" : "")}, got {RunFile.NameOf(item.Type)}{TextOf(item)}.");
        if (type == typeof(bool))
            return field.Items[0].Type == JsonTokenType.True ? [field.OptionName + "=true"] : [];
        if (symbol is Argument && field.Items.FirstOrDefault(item => item.Text.StartsWith('-')) is { Text: { } dashed })
            throw Fault(field, $"'{field.Name}': a file whose name starts with - is written ./{dashed}");
        string[] values = [.. field.Items.Select(item => item.Text)];
        return symbol is Argument ? values : isByName ? values.SelectMany(Given) : Given(string.Join(',', values));

        // In one word with the name, so that no value is taken for an option; an empty one would leave the next word to be taken for it.
        string[] Given(string value) => value.Length == 0 ? [field.OptionName, ""] : [$"{field.OptionName}={value}"];
    }

    private static string TextOf((JsonTokenType Type, string Text) item) => item.Type switch
    {
        JsonTokenType.String => $" '{item.Text}'",
        JsonTokenType.Number => $" {item.Text}",
        _ => "", // true and false are named already
    };

    private static (JsonTokenType[] Types, string Name) WantedOf(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var flag when flag == typeof(bool) => ([JsonTokenType.True, JsonTokenType.False], "true or false"),
        var number when number == typeof(int) || number == typeof(long) || number == typeof(double) => ([JsonTokenType.Number], "a number"),
        _ => ([JsonTokenType.String], "a text"),
    };

    private static UsageException Fault(RunField field, string message) => new($"--config: {field.Place}: {message}");
}
