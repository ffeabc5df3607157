using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Models.Qwen2;

/// <summary>How the rows of one forward pass attend, and which of them the caller wants back.</summary>
/// <param name="Segments">What each row sees.</param>
/// <param name="OutputRows">Rows to return, ascending, the last ones of each segment that returns any; null means all.</param>
/// <param name="OutputSegments">The same attention for the output rows alone, numbered as they are returned.</param>
/// <param name="SourceRows">
/// For each row of the pass the row of the embeddings that it is, where several sequences share rows; null means each its own. What
/// the first layer computes before attention is then computed once for a shared row. Not with a cache.
/// </param>
internal sealed record PackedBatch(AttentionSegment[] Segments, int[]? OutputRows, AttentionSegment[] OutputSegments, int[]? SourceRows = null)
{
    /// <summary>One sequence of <paramref name="count"/> rows behind <paramref name="cached"/> rows that a cache holds.</summary>
    public static PackedBatch Single(int count, int cached = 0, bool lastRowOnly = false)
    {
        var keys = cached + count;
        AttentionSegment[] segments = [new(0, count, 0, keys)];
        return lastRowOnly ? new(segments, [count - 1], [new(0, 1, 0, keys)]) : new(segments, null, segments);
    }
}
