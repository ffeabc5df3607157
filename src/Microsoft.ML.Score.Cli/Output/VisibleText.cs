using System.Text;
using System.Text.RegularExpressions;

namespace Score.Cli.Output;

/// <summary>
/// Makes text that comes from files, servers and the command line safe to show: a control character could move the cursor, retitle the window or
/// forge a line, a change of direction could show a name backwards.
/// </summary>
internal static partial class VisibleText
{
    /// <summary>The most characters of a message.</summary>
    public const int LongestMessage = 500;

    /// <summary>Of a message that is cut, its end, where the next step stands.</summary>
    private const int EndOfMessage = 150;

    /// <summary>
    /// Control characters (C0 and C1), line separators and changes of direction as \u001b, which in a JSON document stands for the same text. Line
    /// feeds and tabs stay.
    /// </summary>
    public static string Escape(string text)
    {
        if (!text.Any(IsHidden))
            return text;
        var visible = new StringBuilder(text.Length + 32);
        foreach (var character in text)
            _ = IsHidden(character) ? visible.Append($"\\u{(int)character:x4}") : visible.Append(character);
        return visible.ToString();
    }

    /// <summary>The text in one line; of one with more than <see cref="LongestMessage"/> characters the beginning and the end, and how many there were between.</summary>
    public static string Message(string text)
    {
        var line = Escape(LineBreak().Replace(text, " "));
        if (line.Length <= LongestMessage)
            return line;
        var (end, start) = (LongestMessage - EndOfMessage, line.Length - EndOfMessage);
        end -= char.IsHighSurrogate(line[end - 1]) ? 1 : 0;
        start += char.IsLowSurrogate(line[start]) ? 1 : 0;
        return $"{line[..end]}... ({start - end} more characters) ...{line[start..]}";
    }

    private static bool IsHidden(char character) => character is
        (< ' ' and not ('\n' or '\t')) or (>= '\u007f' and <= '\u009f') or (>= '\u2028' and <= '\u202e') or (>= '\u2066' and <= '\u2069');

    [GeneratedRegex(@"[ \t\r]*\n[ \t\r]*")]
    private static partial Regex LineBreak();
}
