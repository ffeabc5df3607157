using System.Globalization;
using System.Text;

namespace Microsoft.ML.Score.Text;

/// <summary>
/// Qwen2's pre-tokeniser: cuts text into the pieces within which byte pairs are merged. Effectively the matches of
/// <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>,
/// but written by hand over code points: .NET's Regex classifies UTF-16 units, so letters and digits beyond U+FFFF would be missed.
/// </summary>
internal static class PreTokenizer
{
    /// <summary>The regular expression in tokenizer.json that this class implements.</summary>
    public const string Pattern = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private enum Kind
    {
        End,
        Letter,
        Number,
        NewLine,
        Space,
        Other,
    }

    /// <summary>Length in UTF-16 units of the first piece of non-empty text.</summary>
    public static int FirstPieceLength(ReadOnlySpan<char> text)
    {
        var kind = KindAt(text, 0, out var length);
        if (text[0] == '\'' && ContractionLength(text) is > 0 and var contraction)
            return contraction;
        if (kind == Kind.Number)
            return length;
        if (kind == Kind.Letter)
            return SkipWhile(text, length, Kind.Letter);
        if (kind is Kind.Space or Kind.Other && KindAt(text, length, out _) == Kind.Letter)
            return SkipWhile(text, length, Kind.Letter);
        if (kind == Kind.Other)
            return SkipWhile(text, SkipWhile(text, length, Kind.Other), Kind.NewLine);
        if (text[0] == ' ' && KindAt(text, 1, out _) == Kind.Other)
            return SkipWhile(text, SkipWhile(text, 1, Kind.Other), Kind.NewLine);
        return WhiteSpaceLength(text);
    }

    // The long s folds to s; no other letter beyond ASCII folds to one of these.
    private static int ContractionLength(ReadOnlySpan<char> text)
    {
        foreach (var ending in (ReadOnlySpan<string>)["s", "\u017F", "t", "re", "ve", "m", "ll", "d"])
            if (text[1..].StartsWith(ending, StringComparison.OrdinalIgnoreCase))
                return 1 + ending.Length;
        return 0;
    }

    // \s*[\r\n]+ reaches to the last line break of the run; otherwise \s+(?!\S) leaves the last space of a run to the word that follows.
    private static int WhiteSpaceLength(ReadOnlySpan<char> text)
    {
        var end = 0;
        var afterLastNewLine = 0;
        var lastStart = 0;
        while (true)
        {
            var kind = KindAt(text, end, out var length);
            if (kind is not (Kind.Space or Kind.NewLine))
                break;
            lastStart = end;
            end += length;
            if (kind == Kind.NewLine)
                afterLastNewLine = end;
        }

        if (afterLastNewLine > 0)
            return afterLastNewLine;
        return end == text.Length || lastStart == 0 ? end : lastStart;
    }

    private static int SkipWhile(ReadOnlySpan<char> text, int start, Kind kind)
    {
        while (KindAt(text, start, out var length) == kind)
            start += length;
        return start;
    }

    private static Kind KindAt(ReadOnlySpan<char> text, int index, out int length)
    {
        length = 0;
        if (index >= text.Length)
            return Kind.End;

        // A lone surrogate decodes to U+FFFD, which is Other.
        Rune.DecodeFromUtf16(text[index..], out var rune, out length);
        if (rune.Value is '\r' or '\n')
            return Kind.NewLine;
        if (Rune.IsWhiteSpace(rune))
            return Kind.Space;
        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => Kind.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Number,
            _ => Kind.Other,
        };
    }
}
