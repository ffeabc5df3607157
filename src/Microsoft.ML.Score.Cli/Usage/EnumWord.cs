namespace Score.Cli.Usage;

/// <summary>The values of an enumeration as words of the command line: their names in lower case.</summary>
internal static class EnumWord
{
    /// <summary>The value of a word; null where it is none.</summary>
    public static T? Parse<T>(string word)
        where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
            if (value.ToString().Equals(word, StringComparison.OrdinalIgnoreCase))
                return value;
        return null;
    }

    /// <summary>Every word, for messages.</summary>
    public static string All<T>()
        where T : struct, Enum => string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant();
}
