using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Microsoft.ML.Score.Datasets.Annotations;

/// <summary>
/// Reads a Python list of texts and numbers as data, as the tab-separated exports hold it: <c>['it', "it's", 3]</c>. Python writes each
/// text in single quotes unless it holds one, so that a list mixes both and is not JSON. Escapes are those that Python's repr writes.
/// An array of NumPy, which is what pandas makes of a list in a Parquet file, has white space where a list has commas: <c>['it' "it's"\n 'so']</c>,
/// or stands in <c>array(...)</c>, and NumPy 2 writes its texts in a list as <c>np.str_('it')</c>.
/// </summary>
internal ref struct PythonList
{
    private const string NumPyText = "np.str_(";

    private readonly ReadOnlySpan<char> _text;
    private int _position;

    private PythonList(ReadOnlySpan<char> text) => _text = text;

    /// <summary>Reads a list and nothing after it; numbers are given as they are written.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out IReadOnlyList<string>? items)
    {
        var list = new PythonList(WithoutCall(text.AsSpan().Trim()));
        items = list.ReadList();
        return items is not null;
    }

    /// <summary>Whether a text that is no list is an array that NumPy cut short, as it does with more than a thousand items.</summary>
    public static bool IsElided(string text) => text.AsSpan().TrimStart().StartsWith("[", StringComparison.Ordinal) && text.Split(' ', '\n', '\r', '\t', ',').Contains("...");

    private List<string>? ReadList()
    {
        var items = new List<string>();
        var hasCommas = (bool?)null;
        if (!Take('['))
            return null;
        while (!Take(']'))
        {
            if (ReadItem() is not { } item)
                return null;
            items.Add(item);
            var end = _position;
            var comma = Take(',');
            if (_position < _text.Length && _text[_position] == ']')
                continue;
            if ((hasCommas ??= comma) != comma || _position == end)
                return null;
        }

        return _position == _text.Length ? items : null;
    }

    private bool Take(char expected)
    {
        SkipSpaces();
        if (_position >= _text.Length || _text[_position] != expected)
            return false;
        _position++;
        if (_position < _text.Length)
            SkipSpaces();
        return true;
    }

    private void SkipSpaces()
    {
        while (_position < _text.Length && char.IsWhiteSpace(_text[_position]))
            _position++;
    }

    private string? ReadItem()
    {
        if (_position >= _text.Length)
            return null;
        if (_text[_position] is '\'' or '"')
            return ReadQuoted(_text[_position++]);
        if (_text[_position..].StartsWith(NumPyText, StringComparison.Ordinal))
            return ReadNumPyText();

        var start = _position;
        while (_position < _text.Length && _text[_position] is (>= '0' and <= '9') or '-' or '+' or '.' or 'e' or 'E')
            _position++;
        var number = _text[start.._position];
        return double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out _) ? number.ToString() : null;
    }

    /// <summary>A text as NumPy 2 writes those in a list.</summary>
    private string? ReadNumPyText()
    {
        _position += NumPyText.Length;
        return _position < _text.Length && _text[_position] is '\'' or '"' && ReadQuoted(_text[_position++]) is { } item && Take(')') ? item : null;
    }

    /// <summary>The list in array([...]) or array([...], dtype=object).</summary>
    private static ReadOnlySpan<char> WithoutCall(ReadOnlySpan<char> text)
    {
        const string call = "array(";
        if (!text.StartsWith(call, StringComparison.Ordinal) || text.LastIndexOf(']') is var end && end < 0)
            return text;
        var rest = text[(end + 1)..].Trim();
        return rest is ")" || (rest.StartsWith(",", StringComparison.Ordinal) && rest[1..].TrimStart().StartsWith("dtype=", StringComparison.Ordinal) && rest[^1] == ')' && rest.Count(')') == 1)
            ? text[call.Length..(end + 1)].Trim()
            : text;
    }

    private string? ReadQuoted(char quote)
    {
        var item = new StringBuilder();
        while (_position < _text.Length)
        {
            var character = _text[_position++];
            if (character == quote)
                return item.ToString();
            if (character != '\\')
                item.Append(character);
            else if (!ReadEscape(item))
                return null;
        }

        return null;
    }

    private bool ReadEscape(StringBuilder item)
    {
        if (_position >= _text.Length)
            return false;
        var escape = _text[_position++];
        if (escape is 'x' or 'u' or 'U')
            return ReadCodePoint(item, escape == 'x' ? 2 : escape == 'u' ? 4 : 8);

        var plain = escape switch { 'n' => '\n', 't' => '\t', 'r' => '\r', '\\' or '\'' or '"' => escape, _ => '\0' };
        item.Append(plain);
        return plain != '\0';
    }

    private bool ReadCodePoint(StringBuilder item, int digits)
    {
        if (_text.Length - _position < digits
            || !uint.TryParse(_text.Slice(_position, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
            || !Rune.TryCreate(code, out var rune))
            return false;
        _position += digits;
        item.Append(rune.ToString());
        return true;
    }
}
