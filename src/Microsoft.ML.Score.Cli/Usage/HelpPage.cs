using System.Collections;
using System.CommandLine;
using System.CommandLine.Invocation;
using System.Globalization;

namespace Score.Cli.Usage;

/// <summary><c>--help</c>. Options that must be given stand in the usage line, and every default is shown as it is typed.</summary>
/// <param name="programExamples">Those of the program itself.</param>
internal sealed class HelpPage(IReadOnlyList<Example> programExamples) : SynchronousCommandLineAction
{
    private const int Width = 120;
    private const int MostLabelWidth = 36;
    private const int ExampleIndent = 4;

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var (command, output) = (parseResult.CommandResult.Command, parseResult.InvocationConfiguration.Output);
        Option[] options = [.. command.Options.Concat(command is RootCommand ? [] : parseResult.RootCommandResult.Command.Options.Where(option => option.Recursive)).Where(option => !option.Hidden)];
        output.WriteLine("Description:");
        Write(output, "", command.Description ?? "", 0);
        output.WriteLine();
        output.WriteLine("Usage:");
        Write(output, "", string.Join(' ', (string[])
        [
            command is RootCommand ? "score" : $"score {command.Name}", .. command.Arguments.Select(LabelOf), .. options.Where(option => option.Required).Select(LabelOf),
            .. command.Subcommands.Count > 0 ? ["<command>"] : Array.Empty<string>(), "[options]",
        ]), 0);
        WriteSection(output, "Arguments", command.Arguments.Select(argument => (LabelOf(argument), argument.Description ?? "")));
        WriteSection(output, "Options", options.Select(option => (LabelOf(option) + (option.Required ? " (required)" : ""), DescriptionOf(option))));
        WriteSection(output, "Commands", command.Subcommands.Select(subcommand => (string.Join(' ', subcommand.Arguments.Select(LabelOf).Prepend(subcommand.Name)), subcommand.Description ?? "")));
        output.WriteLine();
        output.WriteLine("Examples:");
        foreach (var example in command is ExampledCommand { Examples: var own } ? own : programExamples)
        {
            output.WriteLine($"  {example.Line}");
            Write(output, "", example.Does, ExampleIndent);
        }

        return 0;
    }

    /// <summary>An option's default as it is typed; null where there is none to type.</summary>
    public static string? DefaultOf(Option option) => option.HasDefaultValue ? TextOf(option.GetDefaultValue()) is { Length: > 0 } text ? text : null : null;

    private static string TextOf(object? value) => value switch
    {
        string text => text,
        Enum word => word.ToString().ToLowerInvariant(),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        IEnumerable list => string.Join(',', list.Cast<object>().Select(TextOf)),
        _ => value?.ToString() ?? "",
    };

    private static string DescriptionOf(Option option) =>
        option.Description + (option.ValueType != typeof(bool) && DefaultOf(option) is { } value ? $" [default: {value}]" : "");

    private static string LabelOf(Argument argument)
    {
        var label = argument.Arity.MaximumNumberOfValues > 1 ? $"<{argument.Name}>..." : $"<{argument.Name}>";
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{label}]" : label;
    }

    private static string LabelOf(Option option) =>
        string.Join(", ", option.Aliases.Where(alias => alias.StartsWith('-')).Order(StringComparer.Ordinal).Append(option.Name)) + (option.Arity.MaximumNumberOfValues == 0 || option.ValueType == typeof(bool) ? "" : $" <{option.HelpName ?? option.Name.TrimStart('-')}>");

    private static void WriteSection(TextWriter output, string name, IEnumerable<(string Label, string Description)> rows)
    {
        if (rows.ToArray() is not { Length: > 0 } all)
            return;
        output.WriteLine();
        output.WriteLine($"{name}:");
        var width = 2 + all.Select(row => row.Label.Length).Where(length => length <= MostLabelWidth).DefaultIfEmpty(MostLabelWidth).Max();
        foreach (var (label, description) in all)
            Write(output, label, description, width);
    }

    /// <summary>A label and beside it a text in lines of whole words; below it where the label is too wide.</summary>
    private static void Write(TextWriter output, string label, string text, int width)
    {
        var line = "  " + label.PadRight(width);
        if (label.Length > Math.Max(0, width - 2))
        {
            output.WriteLine(line);
            line = new string(' ', width + 2);
        }

        foreach (var word in text.Split(' '))
        {
            if (line.Length + word.Length > Width && line.Length > width + 2)
            {
                output.WriteLine(line.TrimEnd());
                line = new string(' ', width + 2);
            }

            line += word + " ";
        }

        output.WriteLine(line.TrimEnd());
    }
}
