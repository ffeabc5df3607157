using System.Buffers;

namespace Microsoft.ML.Score.Models.Qwen2;

/// <summary>
/// The rows of a packed batch over one prompt: token ids, positions (rows of the prompt's rotary table) and which rows take
/// visual vectors. In rented memory, given back on dispose.
/// </summary>
/// <param name="prompt">The prompt.</param>
/// <param name="capacity">Most rows.</param>
internal sealed class PackedRows(VideoPrompt prompt, int capacity) : IDisposable
{
    private readonly int[] _ids = ArrayPool<int>.Shared.Rent(capacity);
    private readonly int[] _positions = ArrayPool<int>.Shared.Rent(capacity);
    private readonly int[] _visualRows = ArrayPool<int>.Shared.Rent(capacity);
    private int _visualCount;

    public int Count { get; private set; }

    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Count);

    public ReadOnlySpan<int> Positions => _positions.AsSpan(0, Count);

    /// <summary>In the order in which the sets were added.</summary>
    public ReadOnlySpan<int> VisualRows => _visualRows.AsSpan(0, _visualCount);

    /// <summary>Rows of the whole prompt with a set's visual tokens alone.</summary>
    public static int CountOf(VideoPrompt prompt, KeptVisuals kept) =>
        prompt.Length - prompt.VisualRows.Length + kept.Indices.Length - prompt.EmptySteps(kept).Sum(step => step.End - step.Start - step.VisualCount);

    /// <summary>Rows [from, to) of the prompt, none of them visual.</summary>
    public void AddText(int from, int to)
    {
        for (var row = from; row < to; row++)
            Add(prompt.Ids[row], row);
    }

    /// <summary>The prompt from row <paramref name="from"/> on, with the kept visual tokens alone.</summary>
    public void AddKept(KeptVisuals kept, int from)
    {
        var (visual, keptVisual) = (0, 0);
        var indices = kept.Indices.Span;
        using var empty = prompt.EmptySteps(kept).GetEnumerator();
        var isEmptyAhead = empty.MoveNext();
        for (var row = from; row < prompt.Length; row++)
        {
            if (isEmptyAhead && row == empty.Current.Start)
            {
                row = empty.Current.End - 1;
                visual += empty.Current.VisualCount;
                isEmptyAhead = empty.MoveNext();
                continue;
            }

            if (visual == prompt.VisualRows.Length || prompt.VisualRows[visual] != row)
            {
                Add(prompt.Ids[row], row);
                continue;
            }

            if (keptVisual < indices.Length && indices[keptVisual] == visual)
            {
                _visualRows[_visualCount++] = Count;
                Add(prompt.Ids[row], row);
                keptVisual++;
            }

            visual++;
        }
    }

    /// <summary>Tokens behind the prompt.</summary>
    public void AddContinuation(ReadOnlySpan<int> ids)
    {
        for (var i = 0; i < ids.Length; i++)
            Add(ids[i], prompt.Length + i);
    }

    /// <summary>The rows that stand at the given positions, each of which is held once.</summary>
    public int[] Find(ReadOnlySpan<int> positions)
    {
        var rowAt = ArrayPool<int>.Shared.Rent(Positions[^1] + 1);
        for (var row = 0; row < Count; row++)
            rowAt[_positions[row]] = row;
        var rows = new int[positions.Length];
        for (var i = 0; i < rows.Length; i++)
            rows[i] = rowAt[positions[i]];
        ArrayPool<int>.Shared.Return(rowAt);
        return rows;
    }

    public void Dispose()
    {
        ArrayPool<int>.Shared.Return(_ids);
        ArrayPool<int>.Shared.Return(_positions);
        ArrayPool<int>.Shared.Return(_visualRows);
    }

    private void Add(int id, int position)
    {
        _ids[Count] = id;
        _positions[Count++] = position;
    }
}
