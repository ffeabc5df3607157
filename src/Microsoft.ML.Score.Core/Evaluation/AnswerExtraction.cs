using System.Text;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Score.Evaluation;

/// <summary>The rules behind <see cref="MultipleChoiceQuestion.FindOption"/>.</summary>
internal static partial class AnswerExtraction
{
    /// <summary>What <see cref="Words"/> makes of a text without letters and digits, which every response contains.</summary>
    private const string NoWords = " ";

    /// <inheritdoc cref="MultipleChoiceQuestion.FindOption"/>
    public static int? FindOption(string response, IReadOnlyList<string> options)
    {
        var said = Words(response);
        var texts = options.Select(Words).ToList();
        if (Naming(text => text == said) is [var exact])
            return exact;
        if (Letter().Match(response) is { Success: true } match)
        {
            var letter = char.ToUpperInvariant(match.Groups["letter"].Value[0]) - 'A';
            return letter < options.Count ? letter : null;
        }

        var named = Naming(text => said.Contains(text, StringComparison.Ordinal));
        named.RemoveAll(index => named.Any(other => texts[other].Length > texts[index].Length && texts[other].Contains(texts[index], StringComparison.Ordinal)));
        return named.Count == 1 ? named[0] : null;

        List<int> Naming(Predicate<string> isNamed) => [.. Enumerable.Range(0, texts.Count).Where(index => texts[index] != NoWords && isNamed(texts[index]))];
    }

    /// <summary>Lower-case words of letters and digits, each with a space before and after, so that containment is of whole words.</summary>
    private static string Words(string text)
    {
        var words = new StringBuilder(" ");
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune))
                words.Append(Rune.ToLowerInvariant(rune).ToString());
            else if (words[^1] != ' ')
                words.Append(' ');
        }

        if (words[^1] != ' ')
            words.Append(' ');
        return words.ToString();
    }

    // A letter that begins a sentence ("A red circle") is no answer: it must stand alone or be marked off.
    [GeneratedRegex(@"^\s*\(?(?<letter>[A-Z])(?:\s*$|\s*[.):])|\b(?:answer|option)(?:\s+is)?\s*:?\s*\(?(?<letter>[A-Z])\)?\s*(?:[.:,]|$)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Letter();
}
