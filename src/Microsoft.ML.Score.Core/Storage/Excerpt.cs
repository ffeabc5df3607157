using System.Text;

namespace Microsoft.ML.Score.Storage;

/// <summary>What messages show of a file's own text, which may have any length and hold what commands a terminal.</summary>
internal static class Excerpt
{
    private const int MostCharacters = 100;

    /// <summary>The text with control characters written out; of a long one the start and its length.</summary>
    public static string Of(string text)
    {
        var end = Math.Min(text.Length, MostCharacters);
        if (end < text.Length && char.IsHighSurrogate(text[end - 1]))
            end--;
        var shown = new StringBuilder();
        foreach (var character in text.AsSpan(0, end))
            if (char.IsControl(character))
                shown.Append($"\\u{(int)character:x4}");
            else
                shown.Append(character);
        return end == text.Length ? shown.ToString() : $"{shown}... ({text.Length} characters)";
    }
}
