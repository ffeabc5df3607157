using System.Buffers;

namespace Microsoft.ML.Score.Text;

/// <summary>Finds added tokens in a text: the leftmost first, the longest of those that start at one place. Immutable.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly ILookup<char, AddedToken> _tokens;
    private readonly SearchValues<char> _firstCharacters;

    public AddedTokenMatcher(IEnumerable<AddedToken> tokens)
    {
        _tokens = tokens.OrderByDescending(token => token.Content.Length).ToLookup(token => token.Content[0]);
        _firstCharacters = SearchValues.Create([.. _tokens.Select(group => group.Key)]);
    }

    /// <summary>The text in parts without added tokens, each with the token that follows it; the last has none.</summary>
    public IEnumerable<(string Plain, AddedToken? Token)> Split(string text)
    {
        var plainStart = 0;
        for (var position = 0; position < text.Length;)
        {
            var skip = text.AsSpan(position).IndexOfAny(_firstCharacters);
            if (skip < 0)
                break;
            position += skip;
            if (TokenAt(text, position) is not { } token)
            {
                position++;
                continue;
            }

            var (start, end) = (position, position + token.Content.Length);
            while (token.Lstrip && start > plainStart && char.IsWhiteSpace(text[start - 1]))
                start--;
            while (token.Rstrip && end < text.Length && char.IsWhiteSpace(text[end]))
                end++;
            yield return (text[plainStart..start], token);
            (plainStart, position) = (end, end);
        }

        yield return (text[plainStart..], null);
    }

    private AddedToken? TokenAt(string text, int position)
    {
        foreach (var token in _tokens[text[position]])
            if (string.CompareOrdinal(text, position, token.Content, 0, token.Content.Length) == 0)
                return token;
        return null;
    }
}
