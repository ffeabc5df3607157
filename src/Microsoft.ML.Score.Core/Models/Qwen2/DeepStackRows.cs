using System.Buffers;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models.Layers;

namespace Microsoft.ML.Score.Models.Qwen2;

/// <summary>
/// The DeepStack features of one pass: what the vision tower knew before its end, added to the visual rows after each of the first decoder
/// layers. They stay on the host and go to the backend piece by piece, so that a long video does not stand there several times over.
/// </summary>
/// <param name="kernels">The backend.</param>
/// <param name="visualRows">The rows of the pass that are visual tokens, set after set.</param>
/// <param name="sets">The sets, each with <see cref="KeptVisuals.DeepStack"/>.</param>
internal sealed class DeepStackRows(IKernels kernels, int[] visualRows, IReadOnlyList<KeptVisuals> sets)
{
    /// <summary>The features of a pass; null where its tokens have none.</summary>
    public static DeepStackRows? Of(IKernels kernels, PackedRows rows, IReadOnlyList<KeptVisuals> sets) =>
        sets.Any(set => set.DeepStack.Count > 0) ? new DeepStackRows(kernels, rows.VisualRows.ToArray(), sets) : null;

    /// <summary>Adds the features of a layer to its result.</summary>
    /// <param name="x">Rows of the pass after the layer, changed in place.</param>
    /// <param name="layer">Its index; after a layer without features nothing happens.</param>
    /// <param name="outputRows">Which rows of the pass x holds, ascending; null for all.</param>
    public void AddTo(Tensor x, int layer, int[]? outputRows = null)
    {
        var first = 0;
        foreach (var set in sets)
        {
            var rows = visualRows.AsSpan(first, set.Indices.Length);
            first += rows.Length;
            if (layer >= set.DeepStack.Count)
                continue;
            var (tokens, targets) = Place(rows, outputRows);
            foreach (var (start, count) in RowChunks.Of(tokens.Length, x.Columns, kernels.Limits.ChunkBytes))
            {
                using var features = Upload(set, layer, tokens.AsSpan(start, count), x.Columns);
                kernels.ScatterAdd(features, targets.AsSpan(start, count), x);
            }
        }
    }

    /// <summary>Which tokens of a set are among the rows that there are, and where.</summary>
    private static (int[] Tokens, int[] Rows) Place(ReadOnlySpan<int> rows, int[]? outputRows)
    {
        var (tokens, targets) = (new List<int>(rows.Length), new List<int>(rows.Length));
        for (var token = 0; token < rows.Length; token++)
        {
            var row = outputRows is null ? rows[token] : Array.BinarySearch(outputRows, rows[token]);
            if (row < 0)
                continue;
            tokens.Add(token);
            targets.Add(row);
        }

        return ([.. tokens], [.. targets]);
    }

    private Tensor Upload(KeptVisuals set, int layer, ReadOnlySpan<int> tokens, int dimension)
    {
        var features = set.DeepStack[layer].Span;
        var gathered = ArrayPool<float>.Shared.Rent(tokens.Length * dimension);
        for (var i = 0; i < tokens.Length; i++)
        {
            var row = set.Video is not null ? set.Indices.Span[tokens[i]] : tokens[i];
            features.Slice(row * dimension, dimension).CopyTo(gathered.AsSpan(i * dimension));
        }

        var uploaded = kernels.Upload(gathered.AsSpan(0, tokens.Length * dimension), tokens.Length, dimension);
        ArrayPool<float>.Shared.Return(gathered);
        return uploaded;
    }
}
