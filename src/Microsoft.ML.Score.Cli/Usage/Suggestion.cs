namespace Score.Cli.Usage;

/// <summary>The word that somebody meant who mistyped it.</summary>
internal static class Suggestion
{
    /// <summary>A question with a space before it, or nothing where no word is near enough.</summary>
    /// <param name="text">What was typed.</param>
    /// <param name="words">What would be right.</param>
    public static string For(string text, IEnumerable<string> words)
    {
        var typed = text.Split('=')[0].ToLowerInvariant();
        var near = words.Select(word => (Word: word, Distance: Distance(typed, word))).Where(candidate => candidate.Distance <= Math.Max(1, typed.TrimStart('-').Length / 3))
            .OrderBy(candidate => candidate.Distance).Select(candidate => candidate.Word).FirstOrDefault();
        near ??= typed.TrimStart('-').Length > 2 && words.Where(word => word.StartsWith(typed, StringComparison.Ordinal)).ToArray() is { Length: 1 or 2 } begun ? string.Join("' or '", begun) : null;
        return near is null ? "" : $" Did you mean '{near}'?";
    }

    /// <summary>Letters to insert, leave out, exchange or swap with their neighbour; more than any word's length where the texts differ much in it.</summary>
    private static int Distance(string typed, string word)
    {
        if (Math.Abs(typed.Length - word.Length) > word.Length)
            return int.MaxValue;
        var rows = new int[typed.Length + 1, word.Length + 1];
        for (var i = 0; i <= typed.Length; i++)
            for (var j = 0; j <= word.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    rows[i, j] = i + j;
                    continue;
                }

                var exchanged = rows[i - 1, j - 1] + (typed[i - 1] == word[j - 1] ? 0 : 1);
                rows[i, j] = Math.Min(exchanged, 1 + Math.Min(rows[i - 1, j], rows[i, j - 1]));
                if (i > 1 && j > 1 && typed[i - 1] == word[j - 2] && typed[i - 2] == word[j - 1])
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }

        return rows[typed.Length, word.Length];
    }
}
