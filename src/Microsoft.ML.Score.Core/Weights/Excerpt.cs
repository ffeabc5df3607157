namespace Microsoft.ML.Score.Weights;

/// <summary>What messages show of a file's own text, which may have any length.</summary>
internal static class Excerpt
{
    private const int MostCharacters = 100;

    /// <summary>The text; of a long one the start and its length.</summary>
    public static string Of(string text)
    {
        if (text.Length <= MostCharacters)
            return text;
        var end = char.IsHighSurrogate(text[MostCharacters - 1]) ? MostCharacters - 1 : MostCharacters;
        return $"{text.AsSpan(0, end)}... ({text.Length} characters)";
    }
}
