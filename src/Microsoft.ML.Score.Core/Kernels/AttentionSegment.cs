namespace Microsoft.ML.Score.Kernels;

/// <summary>
/// One run of queries of a packed batch and the keys they see. Query rows are [QueryStart, QueryStart + QueryCount), key and value
/// rows are first the shared prefix [PrefixStart, PrefixStart + PrefixCount), then the segment's own [KeyStart, KeyStart + KeyCount).
/// Under causal attention the queries stand at the end of the own keys: query i sees the whole prefix and the first
/// KeyCount - QueryCount + i + 1 of them. Otherwise every query sees every key.
/// </summary>
internal readonly record struct AttentionSegment(int QueryStart, int QueryCount, int KeyStart, int KeyCount, int PrefixStart = 0, int PrefixCount = 0)
{
    /// <summary>A sequence that attends to itself.</summary>
    public static AttentionSegment Self(int start, int count) => new(start, count, start, count);

    /// <summary>
    /// The part of a causal segment whose query rows are among [start, start + count), numbered from start; without queries where there are
    /// none.
    /// </summary>
    public AttentionSegment AmongRows(int start, int count)
    {
        var first = Math.Max(QueryStart, start);
        var end = Math.Min(QueryStart + QueryCount, start + count);
        return this with { QueryStart = first - start, QueryCount = Math.Max(0, end - first), KeyCount = KeyCount - (QueryStart + QueryCount - end) };
    }
}
