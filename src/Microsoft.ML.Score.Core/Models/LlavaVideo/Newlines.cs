using Microsoft.ML.Score.Models.Qwen2;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Models.LlavaVideo;

/// <summary>
/// The visual sequence of a video: its tokens in the order time step, row, column, with image_newline after each run of them (a
/// row, a step or the whole video). Newlines are not part of the token grid and no compressor sees them: the newline of a run
/// stays while any token of the run stays, and keeps its place.
/// </summary>
internal sealed class Newlines
{
    // Tokens of a run; null where there are no newlines.
    private readonly int? _run;

    public Newlines(NewlinePosition position, TokenGrid grid)
    {
        _run = position switch
        {
            NewlinePosition.Grid => grid.Width,
            NewlinePosition.Frame => grid.TokensPerStep,
            NewlinePosition.OneToken => grid.Count,
            _ => null,
        };
        Length = grid.Count + (long)(grid.Count / _run ?? 0);
    }

    /// <summary>Rows of the sequence of all tokens, newlines included; may exceed what one sequence can hold.</summary>
    public long Length { get; }

    /// <summary>The kept tokens and the newlines that stay with them, by their indices in the whole sequence.</summary>
    /// <param name="kept">Tokens of the grid.</param>
    /// <param name="newline">image_newline, [D].</param>
    public KeptVisuals Insert(KeptTokens kept, ReadOnlySpan<float> newline)
    {
        if (_run is not { } run)
            return new KeptVisuals(kept.Positions, kept.Vectors);

        var positions = kept.Positions.Span;
        var runs = 0;
        for (var k = 0; k < positions.Length; k++)
            if (IsLastOfRun(positions, k, run))
                runs++;
        var indices = new int[positions.Length + runs];
        var vectors = new float[(long)indices.Length * kept.Dimension];
        var next = 0;
        for (var k = 0; k < positions.Length; k++)
        {
            var ended = positions[k] / run;
            Add(positions[k] + ended, kept.Vectors.Span.Slice(k * kept.Dimension, kept.Dimension));
            if (IsLastOfRun(positions, k, run))
                Add((ended + 1) * (run + 1) - 1, newline);
        }

        return new KeptVisuals(indices, vectors);

        void Add(int index, ReadOnlySpan<float> vector)
        {
            vector.CopyTo(vectors.AsSpan(next * kept.Dimension));
            indices[next++] = index;
        }
    }

    private static bool IsLastOfRun(ReadOnlySpan<int> positions, int k, int run) =>
        k + 1 == positions.Length || positions[k + 1] / run != positions[k] / run;
}
