namespace Microsoft.ML.Score.Tokens;

/// <summary>The inference rule of SCORE (paper section 4.5): the k best of T*N scores, k = max(1, floor(rho*T*N)).</summary>
public static class TopK
{
    /// <summary>
    /// k = max(1, floor(<paramref name="retentionRatio"/> * <paramref name="tokenCount"/>)) in double arithmetic; the lower bound of 1 is
    /// ours.
    /// </summary>
    /// <param name="retentionRatio">rho in (0, 1].</param>
    /// <param name="tokenCount">T*N, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">rho is NaN or outside (0, 1], or there is no token.</exception>
    public static int RetainedCount(double retentionRatio, int tokenCount)
    {
        ThrowIfNotRetentionRatio(retentionRatio);
        ArgumentOutOfRangeException.ThrowIfLessThan(tokenCount, 1);

        return Math.Max(1, (int)Math.Floor(retentionRatio * tokenCount));
    }

    /// <summary>
    /// Flat indices of the <paramref name="count"/> highest scores, ascending. Equal scores go to the lower index, so the result is
    /// deterministic.
    /// </summary>
    /// <param name="scores">One score a token; infinite ones rank as such.</param>
    /// <param name="count">How many to keep, from 1 to the number of scores.</param>
    /// <exception cref="ArgumentException">A score is NaN.</exception>
    public static int[] Select(ReadOnlySpan<float> scores, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, scores.Length);
        for (var i = 0; i < scores.Length; i++)
            if (float.IsNaN(scores[i]))
                throw new ArgumentException($"The score of token {i} is NaN.", nameof(scores));

        var (threshold, ties) = Threshold(scores, count);
        var kept = new int[count];
        var k = 0;
        for (var i = 0; k < count; i++)
        {
            var key = Key(scores[i]);
            if (key > threshold || (key == threshold && ties-- > 0))
                kept[k++] = i;
        }

        return kept;
    }

    /// <summary>
    /// The key of the score that ranks <paramref name="count"/>-th from above, and how many tokens of just that key are kept.
    /// Radix selection, one byte of the key at a time from the highest: linear in the number of scores, without a sort.
    /// </summary>
    private static (uint Key, int Ties) Threshold(ReadOnlySpan<float> scores, int count)
    {
        Span<int> histogram = stackalloc int[256];
        uint prefix = 0, known = 0;
        for (var shift = 24; shift >= 0; shift -= 8)
        {
            histogram.Clear();
            foreach (var score in scores)
                if ((Key(score) & known) == prefix)
                    histogram[(int)(Key(score) >> shift) & 0xFF]++;
            var digit = 255;
            while (histogram[digit] < count)
                count -= histogram[digit--];
            prefix |= (uint)digit << shift;
            known |= 0xFFu << shift;
        }

        return (prefix, count);
    }

    /// <summary>Maps scores to unsigned integers of the same order; -0 and +0 are equal, as scores are.</summary>
    private static uint Key(float score)
    {
        var bits = BitConverter.SingleToUInt32Bits(score + 0f);
        return (int)bits < 0 ? ~bits : bits | 0x80000000;
    }

    internal static void ThrowIfNotRetentionRatio(double retentionRatio, string name = "retentionRatio")
    {
        if (!(retentionRatio > 0) || retentionRatio > 1)
            throw new ArgumentOutOfRangeException(name, retentionRatio, "The retention ratio must lie in (0, 1].");
    }
}
