using System.CommandLine;
using System.CommandLine.Parsing;
using Score.Cli.Usage;
using Score.Cli.Videos;

namespace Score.Cli.Runs;

/// <summary>The files that the runs of one run file write: a later run must not replace what an earlier one wrote, which nobody would have seen.</summary>
internal static class RunOutputs
{
    private const string Output = "--output";

    // Whose value is one file; of the commands for which it is a folder, --output is looked at below.
    private static readonly string[] s_files = ["--report", "--json", "--metrics"];

    /// <summary>Refuses runs that would write one file twice.</summary>
    /// <param name="runs">The runs, in their order.</param>
    /// <exception cref="UsageException">Two of them name one file.</exception>
    public static void ThrowIfShared(IReadOnlyList<(CommandLine Line, ParseResult Parsed)> runs)
    {
        var written = new Dictionary<string, (string Run, string Option)>();
        foreach (var (line, parsed) in runs)
            foreach (var (option, path) in Of(parsed.CommandResult))
                if (!written.TryAdd(path, (line.Name, option)) && written[path] is var before && before.Run != line.Name)
                    throw new UsageException($"{line.Name}: {option} names the file of {before.Option} of {before.Run}, '{path}', which would be replaced; give each run a file of its own.");
    }

    private static IEnumerable<(string Option, string Path)> Of(CommandResult command)
    {
        foreach (var option in command.Command.Options.Where(option => s_files.Contains(option.Name) && option.ValueType == typeof(string)))
            if (ValueOf(command, option) is { Length: > 0 } path and not "-")
                yield return (option.Name, Path.GetFullPath(path));
        if (command.Command.Options.FirstOrDefault(option => option.Name == Output) is not { } output || ValueOf(command, output) is not { Length: > 0 } place)
            yield break;
        if (command.Command.Name is "train" or "annotate")
            yield return (Output, Path.GetFullPath(place));
        else if (command.Command.Name == "compress")
            foreach (var video in command.Tokens.Count == 0 ? [] : command.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens))
                yield return (Output, Path.GetFullPath(Path.Combine(place, $"{VideoReference.FileNameOf(video.Value)}, {ValueOf(command, "--format") ?? "mask"}")));
    }

    private static string? ValueOf(CommandResult command, string name) =>
        command.Command.Options.FirstOrDefault(option => option.Name == name) is { } option ? ValueOf(command, option) : null;

    private static string? ValueOf(CommandResult command, Option option) => command.GetResult(option) is { Tokens: [{ Value: var value }] } ? value : null;
}
