using System.Diagnostics;
using Microsoft.ML.Score.Models.LlavaVideo;
using Microsoft.ML.Score.Models.Qwen2;
using Microsoft.ML.Score.Models.Qwen25VL;
using Microsoft.ML.Score.Models.Qwen3VL;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Models.Loading;

/// <summary>
/// Floating-point operations of forward passes, from the sizes in config.json: a product of matrices [n, a] and [a, b] is 2nab, and attention is two products a pair of
/// query and key. All that is not a matrix product (norms, rotations, softmax, activations, the policy) is left out; it grows with n alone.
/// docs/cli.md has the formulas.
/// </summary>
internal static class ForwardWork
{
    /// <summary>The vision encoder with its mergers or projector.</summary>
    public static double Encoding(IModelConfig config, TokenGrid grid) => config switch
    {
        Qwen25VLConfig qwen => Encoding(qwen.VisionConfig, grid),
        Qwen3VLConfig qwen => Encoding(qwen.VisionConfig, grid),
        LlavaVideoConfig llava => grid.TimeSteps * FrameOf(llava.VisionConfig, llava.TextConfig.HiddenSize),
        _ => throw new UnreachableException(config.Architecture),
    };

    /// <summary>The language model over rows that follow others whose keys and values are there.</summary>
    /// <param name="config">The language model.</param>
    /// <param name="before">Rows before them.</param>
    /// <param name="rows">Rows of the pass.</param>
    /// <param name="outputs">How many of them, the last ones, end in logits. Of the others the last layer computes keys and values alone.</param>
    public static double Decoding(Qwen2Config config, double before, double rows, double outputs)
    {
        double hidden = config.HiddenSize;
        var throughLayers = (config.NumHiddenLayers - 1) * rows + outputs;
        var pairs = (config.NumHiddenLayers - 1) * Pairs(before, rows) + Pairs(before + rows - outputs, outputs);
        return config.NumHiddenLayers * rows * 2 * hidden * 2 * config.KeyValueSize
            + throughLayers * 2 * (2 * hidden * config.QuerySize + 3 * hidden * config.IntermediateSize)
            + pairs * 4 * config.QuerySize
            + outputs * 2 * hidden * config.VocabSize;
    }

    /// <summary>Tokens after the first, one at a time.</summary>
    /// <param name="config">The language model.</param>
    /// <param name="rows">Rows of the prompt.</param>
    /// <param name="tokens">Tokens of the answer; the prompt's pass gives the first.</param>
    public static double Generation(Qwen2Config config, double rows, int tokens)
    {
        var sum = 0.0;
        for (var i = 0; i < tokens - 1; i++)
            sum += Decoding(config, rows + i, 1, 1);
        return sum;
    }

    /// <summary>Keys that rows see, themselves included: each one more than the row before it.</summary>
    private static double Pairs(double before, double rows) => rows * before + rows * (rows + 1) / 2;

    private static double Encoding(VisionConfig vision, TokenGrid grid)
    {
        var full = vision.FullattBlockIndexes.Distinct().Count(index => index >= 0 && index < vision.Depth);
        var window = vision.WindowSize / vision.SpatialMergeSize / vision.PatchSize;
        double hidden = vision.HiddenSize, unit = vision.MergeUnit, patches = grid.Count * unit;
        var stepPairs = grid.TimeSteps * Square(grid.TokensPerStep * unit);
        var windowPairs = grid.TimeSteps * Square(unit) * SumOfSquares(grid.Height, window) * SumOfSquares(grid.Width, window);
        return patches * 2 * vision.PatchLength * hidden
            + vision.Depth * patches * 2 * (4 * hidden * hidden + 3 * hidden * vision.IntermediateSize)
            + (full * stepPairs + (vision.Depth - full) * windowPairs) * 4 * hidden
            + Merger(grid.Count, vision.MergedSize, vision.OutHiddenSize);
    }

    private static double Encoding(Qwen3VisionConfig vision, TokenGrid grid)
    {
        double hidden = vision.HiddenSize, unit = vision.MergeUnit, patches = grid.Count * unit;
        return patches * 2 * vision.PatchLength * hidden
            + vision.Depth * patches * 2 * (4 * hidden * hidden + 2 * hidden * vision.IntermediateSize)
            + vision.Depth * grid.TimeSteps * Square(grid.TokensPerStep * unit) * 4 * hidden
            + (1 + vision.DeepStackVisualIndexes.Length) * Merger(grid.Count, vision.MergedSize, vision.OutHiddenSize);
    }

    /// <summary>One frame; the projector sees its tokens before they are pooled.</summary>
    private static double FrameOf(SiglipVisionConfig vision, double outHidden)
    {
        double hidden = vision.HiddenSize, patches = vision.Patches;
        return patches * 2 * vision.PatchLength * hidden
            + vision.UsedLayers * (patches * 2 * (4 * hidden * hidden + 2 * hidden * vision.IntermediateSize) + Square(patches) * 4 * hidden)
            + patches * 2 * (hidden * outHidden + outHidden * outHidden);
    }

    private static double Merger(double tokens, double merged, double outHidden) => tokens * 2 * (merged * merged + merged * outHidden);

    /// <summary>Of the lengths of the windows that a side is cut into.</summary>
    private static double SumOfSquares(int side, int window) => side / window * Square(window) + Square(side % window);

    private static double Square(double value) => value * value;
}
