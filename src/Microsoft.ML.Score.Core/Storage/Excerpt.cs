using System.Text;
using System.Text.Json;

namespace Microsoft.ML.Score.Storage;

/// <summary>
/// What messages show of a file's own text, which may have any length and hold what commands a terminal: names, and what a parser says, which quotes
/// the rest of a file. Compiled into every library that reads files.
/// </summary>
internal static class Excerpt
{
    private const int MostOfAName = 100;
    private const int MostOfAReason = 250;

    /// <summary>What an error says, as <see cref="OfReason"/>; of a JSON value without the type of ours that it does not fit.</summary>
    public static string Of(Exception error) => OfReason(error is JsonException { Path: { } path } && error.Message.StartsWith("The JSON value could not be converted", StringComparison.Ordinal)
        ? $"the value at {path} is of another kind than expected"
        : error.Message);

    /// <summary>What a program or a library says, in one line.</summary>
    public static string OfReason(string text) => Start(text.ReplaceLineEndings(" "), MostOfAReason);

    /// <summary>A name or value with control characters and changes of direction written out; of a long one the start and its length.</summary>
    public static string Of(string text) => Start(text, MostOfAName);

    private static string Start(string text, int most)
    {
        var end = Math.Min(text.Length, most);
        if (end < text.Length && char.IsHighSurrogate(text[end - 1]))
            end--;
        var shown = new StringBuilder();
        foreach (var character in text.AsSpan(0, end))
            if (char.IsControl(character) || character is (>= '\u2028' and <= '\u202e') or (>= '\u2066' and <= '\u2069'))
                shown.Append($"\\u{(int)character:x4}");
            else
                shown.Append(character);
        return end == text.Length ? shown.ToString() : $"{shown}... ({text.Length} characters)";
    }
}
