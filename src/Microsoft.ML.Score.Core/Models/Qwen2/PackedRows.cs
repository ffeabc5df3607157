using System.Runtime.InteropServices;

namespace Microsoft.ML.Score.Models.Qwen2;

/// <summary>The rows of a packed batch over one prompt: token ids, positions (rows of the prompt's rotary table) and which rows take visual vectors.</summary>
internal sealed class PackedRows(VideoPrompt prompt)
{
    private readonly List<int> _ids = [];
    private readonly List<int> _positions = [];
    private readonly List<int> _visualRows = [];

    public int Count => _ids.Count;

    public ReadOnlySpan<int> Ids => CollectionsMarshal.AsSpan(_ids);

    public ReadOnlySpan<int> Positions => CollectionsMarshal.AsSpan(_positions);

    /// <summary>In the order in which the sets were added.</summary>
    public ReadOnlySpan<int> VisualRows => CollectionsMarshal.AsSpan(_visualRows);

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
        for (var row = from; row < prompt.Length; row++)
        {
            if (visual == prompt.VisualRows.Length || prompt.VisualRows[visual] != row)
            {
                Add(prompt.Ids[row], row);
                continue;
            }

            if (keptVisual < indices.Length && indices[keptVisual] == visual)
            {
                _visualRows.Add(Count);
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

    private void Add(int id, int position)
    {
        _ids.Add(id);
        _positions.Add(position);
    }
}
