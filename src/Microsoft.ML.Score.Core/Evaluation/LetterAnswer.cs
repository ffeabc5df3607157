using System.Buffers;
using System.Text;

namespace Microsoft.ML.Score.Evaluation;

/// <summary>
/// The rules behind <see cref="MultipleChoiceQuestion.FindLetter"/>. They are an interface that scores depend on, so their oddities stay:
/// after an answer phrase the later of two letters wins, although it may belong to the sentence that follows, and white space,
/// capitals and what counts as a letter are those of the language they were written in.
/// </summary>
internal static class LetterAnswer
{
    /// <summary>Stripped from both ends one after the other, each once: a mark uncovered by a later one stays.</summary>
    private const string OuterMarks = ",.!?;:'\"";

    /// <summary>With and without what may precede them: each is looked for by itself, so a longer one can begin later than the shorter one in it.</summary>
    private static readonly string[] s_phrases =
    [
        "answer is", "the answer is", "my answer is", "correct answer is", "the correct answer is", "best answer is", "the best answer is",
        "correct option is", "the correct option is", "best option is", "the best option is",
        "choice is", "the choice is", "my choice is", "correct choice is", "the correct choice is",
        "i choose", "i select", "i pick", "옵션", "정답은", "답은", "답:", "答案是", "答案为", "选", "答えは",
    ];

    /// <summary>A letter X in its surroundings, the surest first.</summary>
    private static readonly (string Before, string After)[] s_forms = [("(", ")"), ("", "."), ("", ":"), ("", ")"), ("", " "), ("", "")];

    public static int? Find(string response, int optionCount)
    {
        var text = OuterMarks.Aggregate(Strip(response), (rest, mark) => rest.Trim(mark));
        var stripped = Strip(text);
        if (stripped.Length == 0)
            return null;
        if (Index(stripped[0], optionCount) is { } first && !IsLetterAt(stripped, 1))
            return first;
        if (Index(stripped[^1], optionCount) is { } last && !EndsWithLetter(stripped.AsSpan(0, stripped.Length - 1)))
            return last;

        text = $" {text} ";
        if (AfterPhrase(text, optionCount) is { } announced)
            return announced;
        return s_forms.Select(form => Latest(optionCount, letter => text.LastIndexOf($"{form.Before}{letter}{form.After}", StringComparison.Ordinal)))
            .FirstOrDefault(found => found is not null);
    }

    /// <summary>Of each phrase only the first occurrence counts, and after it the first occurrence of each letter; of those the latest.</summary>
    private static int? AfterPhrase(string text, int optionCount)
    {
        var lower = Lower(text);
        var starts = s_phrases.Select(phrase => (Phrase: phrase, Start: lower.IndexOf(phrase, StringComparison.Ordinal)))
            .Where(found => found.Start >= 0).Select(found => Math.Min(found.Start + found.Phrase.Length, text.Length)).ToList();
        return starts.Count == 0 ? null : Latest(optionCount, letter => starts.Max(start => text.IndexOf(letter, start)));
    }

    /// <summary>The option whose letter stands furthest on; null when all positions are negative.</summary>
    private static int? Latest(int optionCount, Func<char, int> positionOf)
    {
        var (best, position) = ((int?)null, -1);
        for (var option = 0; option < optionCount; option++)
            if (positionOf((char)('A' + option)) is var found && found > position)
                (best, position) = (option, found);
        return best;
    }

    private static int? Index(char letter, int optionCount) => letter >= 'A' && letter - 'A' < optionCount ? letter - 'A' : null;

    private static bool IsLetterAt(string text, int index) => index < text.Length && Rune.TryGetRuneAt(text, index, out var rune) && Rune.IsLetter(rune);

    private static bool EndsWithLetter(ReadOnlySpan<char> text) =>
        Rune.DecodeLastFromUtf16(text, out var rune, out _) == OperationStatus.Done && Rune.IsLetter(rune);

    /// <summary>The four separators of ASCII are white space there.</summary>
    private static string Strip(string text)
    {
        var (start, end) = (0, text.Length);
        while (start < end && IsSpace(text[start]))
            start++;
        while (start < end && IsSpace(text[end - 1]))
            end--;
        return text[start..end];

        static bool IsSpace(char character) => char.IsWhiteSpace(character) || character is >= '\u001C' and <= '\u001F';
    }

    /// <summary>Lower case as Unicode's full mapping has it; the dotted capital I is the only letter that becomes two.</summary>
    private static string Lower(string text) => text.Replace("\u0130", "i\u0307", StringComparison.Ordinal).ToLowerInvariant();
}
