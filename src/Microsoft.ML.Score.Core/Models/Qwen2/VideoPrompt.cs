using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models.Layers;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Models.Qwen2;

/// <summary>
/// A prompt with room for visual tokens, before any of them is dropped. What is dropped later changes neither the rows nor the
/// positions of what stays.
/// </summary>
/// <param name="ids">Token ids; those of visual tokens only hold their place.</param>
/// <param name="visualRows">The rows of all visual tokens, ascending; the last row of the prompt is none of them.</param>
/// <param name="rotary">Angles of the prompt's rows and of as many tokens after it as will be scored or generated.</param>
internal sealed class VideoPrompt(int[] ids, int[] visualRows, RotaryTable rotary) : IDisposable
{
    public int[] Ids { get; } = ids;

    public int[] VisualRows { get; } = visualRows;

    public RotaryTable Rotary { get; } = rotary;

    public int Length => Ids.Length;

    /// <summary>Tokens after the prompt that there are angles for.</summary>
    public int Continuation => Rotary.Cos.Rows - Length;

    /// <summary>Rows before the first visual token; the same whatever is dropped.</summary>
    public int PrefixLength => VisualRows.Length > 0 ? VisualRows[0] : 0;

    /// <summary>The ids that are text.</summary>
    public IEnumerable<int> TextIds() => Ids.Where((_, row) => Array.BinarySearch(VisualRows, row) < 0);

    public void Dispose() => Rotary.Dispose();
}

/// <summary>The visual tokens of a prompt that are kept.</summary>
/// <param name="Indices">Their k indices among the prompt's visual tokens, ascending.</param>
/// <param name="Vectors">Their vectors [k, D]; empty where they are rows of <paramref name="Video"/>.</param>
/// <param name="Video">The video whose rows they are, by their indices. Sets of one video share what does not depend on the set.</param>
internal readonly record struct KeptVisuals(ReadOnlyMemory<int> Indices, ReadOnlyMemory<float> Vectors, VideoTokens? Video = null);

/// <summary>A generated token and the logits that it was chosen from, [1, vocabulary], valid until the next token.</summary>
internal readonly record struct DecodedToken(int Id, Tensor Logits);
