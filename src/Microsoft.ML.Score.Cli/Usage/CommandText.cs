using System.CommandLine;

namespace Score.Cli.Usage;

/// <summary>
/// The command line as text that a shell reads back, for what a result says of itself. No option of a command that records it takes a secret: keys are read from the
/// environment.
/// </summary>
internal static class CommandText
{
    public static string Of(ParseResult parsed) => string.Join(' ', parsed.Tokens.Select(token => Quoted(token.Value)).Prepend("score"));

    private static string Quoted(string word) =>
        word.Length > 0 && word.All(character => char.IsAsciiLetterOrDigit(character) || "-_./:=,+@%".Contains(character, StringComparison.Ordinal))
            ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
