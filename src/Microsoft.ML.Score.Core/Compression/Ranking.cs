namespace Microsoft.ML.Score.Compression;

/// <summary>Choosing the first few of some scores; of equal ones the lower index comes first.</summary>
internal static class Ranking
{
    /// <summary>The indices of the <paramref name="count"/> lowest scores (of all, if there are fewer), lowest first.</summary>
    public static int[] Lowest(ReadOnlySpan<double> scores, int count)
    {
        var keys = scores.ToArray();
        var indices = Enumerable.Range(0, keys.Length).ToArray();
        Array.Sort(indices, (a, b) => keys[a].CompareTo(keys[b]) is var order and not 0 ? order : a.CompareTo(b));
        return indices[..Math.Min(count, indices.Length)];
    }

    /// <summary>The indices of the <paramref name="count"/> highest scores (of all, if there are fewer), ascending by index.</summary>
    public static int[] Highest(ReadOnlySpan<double> scores, int count)
    {
        var negated = new double[scores.Length];
        for (var i = 0; i < negated.Length; i++)
            negated[i] = -scores[i];
        var chosen = Lowest(negated, count);
        Array.Sort(chosen);
        return chosen;
    }

    /// <summary>As <see cref="Highest(ReadOnlySpan{double}, int)"/>.</summary>
    public static int[] Highest(ReadOnlySpan<float> scores, int count)
    {
        var widened = new double[scores.Length];
        for (var i = 0; i < widened.Length; i++)
            widened[i] = scores[i];
        return Highest(widened, count);
    }
}
