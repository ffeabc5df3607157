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

    /// <summary>
    /// The time steps whose text leaves the prompt together with the last of their visual tokens, ascending and apart; empty where all text stays
    /// whatever is dropped.
    /// </summary>
    public IReadOnlyList<PromptStep> DroppableSteps { get; init; } = [];

    public int Length => Ids.Length;

    /// <summary>Tokens after the prompt that there are angles for.</summary>
    public int Continuation => Rotary.Cos.Rows - Length;

    /// <summary>Rows before the first visual token and all that may leave with it; the same whatever is dropped.</summary>
    public int PrefixLength => VisualRows.Length == 0 ? 0 : DroppableSteps.Count == 0 ? VisualRows[0] : Math.Min(VisualRows[0], DroppableSteps[0].Start);

    /// <summary>The droppable steps that keep no visual token.</summary>
    public IEnumerable<PromptStep> EmptySteps(KeptVisuals kept) => DroppableSteps.Where(step =>
    {
        var at = kept.Indices.Span.BinarySearch(step.FirstVisual);
        return at < 0 && (~at == kept.Indices.Length || kept.Indices.Span[~at] >= step.FirstVisual + step.VisualCount);
    });

    /// <summary>The ids that are text.</summary>
    public IEnumerable<int> TextIds() => Ids.Where((_, row) => Array.BinarySearch(VisualRows, row) < 0);

    public void Dispose() => Rotary.Dispose();
}

/// <summary>The visual tokens of a prompt that are kept.</summary>
/// <param name="Indices">Their k indices among the prompt's visual tokens, ascending.</param>
/// <param name="Vectors">Their vectors [k, D]; empty where they are rows of <paramref name="Video"/>.</param>
/// <param name="Video">The video whose rows they are, by their indices. Sets of one video share what does not depend on the set.</param>
internal readonly record struct KeptVisuals(ReadOnlyMemory<int> Indices, ReadOnlyMemory<float> Vectors, VideoTokens? Video = null)
{
    private readonly IReadOnlyList<ReadOnlyMemory<float>>? _deepStack;

    /// <summary>Further features of the same tokens, [k, D] or of all visual tokens where there is a <see cref="Video"/>; what the first layers take beside them.</summary>
    public IReadOnlyList<ReadOnlyMemory<float>> DeepStack { get => _deepStack ?? []; init => _deepStack = value; }
}

/// <summary>A time step of a prompt: its rows, text and visual tokens, and which of the prompt's visual tokens are its own.</summary>
internal readonly record struct PromptStep(int Start, int End, int FirstVisual, int VisualCount);

/// <summary>A generated token and the logits that it was chosen from, [1, vocabulary], valid until the next token.</summary>
internal readonly record struct DecodedToken(int Id, Tensor Logits);
