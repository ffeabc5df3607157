namespace Microsoft.ML.Score.Tokens;

/// <summary>The inference rule of SCORE (paper section 4.5): the k best of T*N scores, k = max(1, floor(rho*T*N)).</summary>
public static class TopK
{
    /// <summary>k = max(1, floor(<paramref name="retentionRatio"/> * <paramref name="tokenCount"/>)) in double arithmetic; the lower bound of 1 is ours.</summary>
    /// <param name="retentionRatio">rho in (0, 1].</param>
    /// <param name="tokenCount">T*N, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">rho is NaN or outside (0, 1], or there is no token.</exception>
    public static int RetainedCount(double retentionRatio, int tokenCount)
    {
        ThrowIfNotRetentionRatio(retentionRatio);
        ArgumentOutOfRangeException.ThrowIfLessThan(tokenCount, 1);

        return Math.Max(1, (int)Math.Floor(retentionRatio * tokenCount));
    }

    /// <summary>Flat indices of the <paramref name="count"/> highest scores, ascending. Equal scores go to the lower index, so the result is deterministic.</summary>
    /// <param name="scores">One finite score a token.</param>
    /// <param name="count">How many to keep, from 1 to the number of scores.</param>
    /// <exception cref="ArgumentException">A score is NaN.</exception>
    public static int[] Select(ReadOnlySpan<float> scores, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, scores.Length);
        for (var i = 0; i < scores.Length; i++)
            if (float.IsNaN(scores[i]))
                throw new ArgumentException($"The score of token {i} is NaN.", nameof(scores));

        var keys = new float[scores.Length];
        for (var i = 0; i < keys.Length; i++)
            keys[i] = -scores[i];
        var order = new int[scores.Length];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        var compare = Comparer<int>.Create((a, b) => keys[a] != keys[b] ? keys[a].CompareTo(keys[b]) : a.CompareTo(b));
        order.AsSpan().Sort(compare);
        var kept = order[..count];
        kept.AsSpan().Sort();
        return kept;
    }

    internal static void ThrowIfNotRetentionRatio(double retentionRatio, string name = "retentionRatio")
    {
        if (!(retentionRatio > 0) || retentionRatio > 1)
            throw new ArgumentOutOfRangeException(name, retentionRatio, "The retention ratio must lie in (0, 1].");
    }
}
