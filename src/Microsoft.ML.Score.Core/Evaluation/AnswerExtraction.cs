using System.Text;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Score.Evaluation;

/// <summary>Reads which option a model chose from what it said.</summary>
public static partial class AnswerExtraction
{
    /// <summary>What <see cref="Words"/> makes of a text without letters and digits, which every response contains.</summary>
    private const string NoWords = " ";

    /// <summary>
    /// Finds the option that a response names: first an option's text and nothing else; then an option's letter, A for the first,
    /// alone, as a heading ("B. blue", "(b)") or declared ("the answer is B"); then the only option whose text occurs in the
    /// response, an option inside a longer one that occurs not counted ("red" in "red circle"). Case, punctuation and spacing are ignored.
    /// An option without a letter or digit, or with the same words as another, is found by its letter alone.
    /// </summary>
    /// <param name="response">What the model said.</param>
    /// <param name="options">The option texts.</param>
    /// <returns>The index of the option; null when the response names none, several, or a letter beyond the options.</returns>
    public static int? FindOption(string response, IReadOnlyList<string> options)
    {
        ArgumentNullException.ThrowIfNull(response);
        ArgumentNullException.ThrowIfNull(options);

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

    /// <summary>
    /// Finds the option letter that a response gives, by the rules of lmms-eval (lmms_eval/tasks/_task_utils/mcq_extract.py at 75571cfe),
    /// which the published scores of the public benchmarks rest on. Letters are capital and the item's own. The forms, the surest first:
    /// the response begins with a letter that is not part of a word; it ends with one; a letter after a phrase such as "the answer is";
    /// "(B)"; "B."; "B:"; "B)"; "B "; any letter at all. Within a form the last letter in the response wins. Nothing is guessed.
    /// </summary>
    /// <param name="response">What the model said, its reasoning stripped.</param>
    /// <param name="optionCount">Number of options, 2 to 26.</param>
    /// <returns>The index of the option; null when the response holds none of the letters.</returns>
    public static int? FindLetter(string response, int optionCount)
    {
        ArgumentNullException.ThrowIfNull(response);
        ArgumentOutOfRangeException.ThrowIfLessThan(optionCount, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(optionCount, 26);

        return LetterAnswer.Find(response, optionCount);
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
