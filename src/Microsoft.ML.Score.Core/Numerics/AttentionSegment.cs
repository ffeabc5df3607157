namespace Microsoft.ML.Score.Numerics;

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
}
