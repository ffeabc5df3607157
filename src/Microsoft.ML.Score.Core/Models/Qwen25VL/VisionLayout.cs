using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models.Layers;

namespace Microsoft.ML.Score.Models.Qwen25VL;

/// <summary>
/// Where the patches of some images and videos stand inside the vision tower. Natural order is time step, merged row, merged
/// column, then the patches of one merged token; window order is the same with the merged tokens of each step regrouped by
/// window. There is no attention across time steps or items, so all segments stay within one step.
/// </summary>
internal sealed class VisionLayout
{
    public VisionLayout(VisionConfig config, ReadOnlySpan<PatchGrid> grids)
    {
        var (merge, unit) = (config.SpatialMergeSize, config.MergeUnit);
        var window = config.WindowSize / merge / config.PatchSize;
        var windowIndex = new List<int>();
        var windows = new List<AttentionSegment>();
        var steps = new List<AttentionSegment>();
        foreach (var grid in grids)
        {
            if (grid.TimeSteps < 1 || grid.Height < 1 || grid.Width < 1 || grid.Height % merge != 0 || grid.Width % merge != 0)
                throw new ArgumentException(
                    $"A patch grid must be positive and a multiple of spatial_merge_size {merge} in height and width; got {grid}.", nameof(grids));
            var (height, width) = (grid.Height / merge, grid.Width / merge);
            for (var t = 0; t < grid.TimeSteps; t++)
            {
                var first = windowIndex.Count;
                for (var top = 0; top < height; top += window)
                    for (var left = 0; left < width; left += window)
                    {
                        var start = windowIndex.Count;
                        for (var y = top; y < Math.Min(top + window, height); y++)
                            for (var x = left; x < Math.Min(left + window, width); x++)
                                windowIndex.Add(first + y * width + x);
                        windows.Add(AttentionSegment.Self(start * unit, (windowIndex.Count - start) * unit));
                    }

                steps.Add(AttentionSegment.Self(first * unit, height * width * unit));
            }
        }

        WindowIndex = [.. windowIndex];
        WindowSegments = [.. windows];
        StepSegments = [.. steps];
        PatchIndex = new int[WindowIndex.Length * unit];
        for (var i = 0; i < PatchIndex.Length; i++)
            PatchIndex[i] = WindowIndex[i / unit] * unit + i % unit;
        RotaryAngles = Angles(config.SpatialMergeSize, config.HeadDim, grids);
    }

    /// <summary>window_index: the natural place of each merged token, in window order.</summary>
    public int[] WindowIndex { get; }

    /// <summary>The natural place of each patch, in window order.</summary>
    public int[] PatchIndex { get; }

    /// <summary>cu_window_seqlens: what patches see in a window block.</summary>
    public AttentionSegment[] WindowSegments { get; }

    /// <summary>cu_seqlens: what patches see in a full-attention block.</summary>
    public AttentionSegment[] StepSegments { get; }

    /// <summary>rot_pos_emb, [patches, HeadDim / 2] in natural order: angles of the patch's row, then of its column.</summary>
    public float[] RotaryAngles { get; }

    /// <summary><see cref="RotaryAngles"/> for tokens of merge x merge patches and heads of so many values.</summary>
    public static float[] Angles(int merge, int headDimension, ReadOnlySpan<PatchGrid> grids)
    {
        var (unit, half) = (merge * merge, headDimension / 2);
        var inverseFrequencies = RotaryTable.InverseFrequencies(10000, half);
        var patches = 0;
        foreach (var grid in grids)
            patches += grid.Patches;
        var angles = new float[patches * half];
        var next = 0;
        foreach (var grid in grids)
            for (var i = 0; i < grid.Patches; i++)
            {
                var (token, within) = (i % grid.PatchesPerStep / unit, i % unit);
                var width = grid.Width / merge;
                var row = token / width * merge + within / merge;
                var column = token % width * merge + within % merge;
                foreach (var position in (ReadOnlySpan<int>)[row, column])
                    foreach (var frequency in inverseFrequencies)
                        angles[next++] = position * frequency;
            }

        return angles;
    }
}
