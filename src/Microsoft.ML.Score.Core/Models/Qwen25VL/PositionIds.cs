using Microsoft.ML.Score.Models.Layers;

namespace Microsoft.ML.Score.Models.Qwen25VL;

/// <summary>M-RoPE positions of a sequence, one for each axis and token (get_rope_index of transformers).</summary>
internal sealed class PositionIds
{
    // No sequence comes near; beyond it a position would leave the integers.
    private const int Largest = 1 << 30;

    /// <param name="temporal">[tokens].</param>
    /// <param name="height">[tokens].</param>
    /// <param name="width">[tokens].</param>
    /// <param name="next">The position of the first token after them.</param>
    public PositionIds(int[] temporal, int[] height, int[] width, int next)
    {
        Temporal = temporal;
        Height = height;
        Width = width;
        Next = next;
    }

    public int[] Temporal { get; }

    public int[] Height { get; }

    public int[] Width { get; }

    public int Length => Temporal.Length;

    /// <summary>
    /// The position, on all axes, of the first token after the sequence. It belongs to the full sequence: pruning visual tokens does not
    /// move it.
    /// </summary>
    public int Next { get; }

    /// <param name="config">Token ids, merge size, tokens_per_second and the rule of temporal positions.</param>
    /// <param name="inputIds">The sequence, every visual token as its pad id.</param>
    /// <param name="items">The images and videos in sequence order.</param>
    /// <exception cref="ArgumentException">The pad ids do not fit the items, or a video is so long that its positions leave the integers.</exception>
    public static PositionIds Compute(Qwen25VLConfig config, ReadOnlySpan<int> inputIds, IReadOnlyList<VisualItem> items) => Compute(
        config.ImageTokenId, config.VideoTokenId, config.VisionConfig.SpatialMergeSize, inputIds, items, (t, seconds) => TemporalOffset(t, seconds, config));

    /// <param name="imageId">The pad id of images.</param>
    /// <param name="videoId">That of videos.</param>
    /// <param name="merge">Patches along the side of a token.</param>
    /// <param name="inputIds">The sequence, every visual token as its pad id.</param>
    /// <param name="items">The images and videos in sequence order.</param>
    /// <param name="temporalOffset">Of a time step of a video and its seconds a step, how far behind the first it stands on the temporal axis.</param>
    /// <exception cref="ArgumentException">The pad ids do not fit the items, or a video is so long that its positions leave the integers.</exception>
    public static PositionIds Compute(
        int imageId, int videoId, int merge, ReadOnlySpan<int> inputIds, IReadOnlyList<VisualItem> items, Func<int, double, int> temporalOffset)
    {
        var temporal = new int[inputIds.Length];
        var height = new int[inputIds.Length];
        var width = new int[inputIds.Length];
        var (next, item) = (0, 0);
        for (var i = 0; i < inputIds.Length;)
        {
            if (inputIds[i] != videoId && inputIds[i] != imageId)
            {
                temporal[i] = height[i] = width[i] = next++;
                i++;
                continue;
            }

            if (item == items.Count)
                throw new ArgumentException($"Visual token {inputIds[i]} at index {i} belongs to none of the {items.Count} images and videos.", nameof(inputIds));
            var visual = items[item++];
            var pad = visual.IsVideo ? videoId : imageId;
            var (rows, columns) = (visual.Grid.Height / merge, visual.Grid.Width / merge);
            var count = visual.Grid.TimeSteps * rows * columns;
            if (count > inputIds.Length - i || inputIds.Slice(i, count).ContainsAnyExcept(pad))
                throw new ArgumentException($"Image or video {item - 1} of grid {visual.Grid} needs {count} tokens {pad} at index {i}.", nameof(inputIds));

            var largest = 0;
            for (var n = 0; n < count; n++, i++)
            {
                var (t, y, x) = (n / (rows * columns), n / columns % rows, n % columns);
                var offset = visual.IsVideo ? temporalOffset(t, visual.SecondsPerGrid) : 0;
                (temporal[i], height[i], width[i]) = (next + offset, next + y, next + x);
                largest = Math.Max(largest, Math.Max(offset, Math.Max(y, x)));
            }

            if (largest > Largest - next)
                throw new ArgumentException(
                    $"Image or video {item - 1} of grid {visual.Grid} at {visual.SecondsPerGrid} seconds a step ends beyond position {Largest}.", nameof(items));
            next += largest + 1;
        }

        return item == items.Count
            ? new PositionIds(temporal, height, width, next)
            : throw new ArgumentException($"The sequence holds {item} images and videos, {items.Count} are given.", nameof(items));
    }

    /// <summary>The same positions followed by those of <paramref name="count"/> more text tokens.</summary>
    public PositionIds Extend(int count)
    {
        var more = Enumerable.Range(Next, count).ToArray();
        return new PositionIds([.. Temporal, .. more], [.. Height, .. more], [.. Width, .. more], Next + count);
    }

    /// <summary>The rotary angles [Length, HeadDim / 2]: each frequency follows the axis that its section names.</summary>
    public float[] RotaryAngles(Qwen25VLConfig config) => RotaryAngles(
        config.TextConfig.RopeTheta, [.. config.MropeSection.SelectMany((count, axis) => Enumerable.Repeat(axis, count))]);

    /// <summary>The rotary angles [Length, frequencies].</summary>
    /// <param name="theta">The base of the frequencies.</param>
    /// <param name="axes">For each frequency the axis that it follows: 0 time, 1 height, 2 width.</param>
    public float[] RotaryAngles(double theta, ReadOnlySpan<int> axes)
    {
        var inverseFrequencies = RotaryTable.InverseFrequencies(theta, 2 * axes.Length);
        int[][] positions = [Temporal, Height, Width];
        var angles = new float[Length * axes.Length];
        for (var i = 0; i < Length; i++)
            for (var k = 0; k < axes.Length; k++)
                angles[i * axes.Length + k] = positions[axes[k]][i] * inverseFrequencies[k];
        return angles;
    }

    // Single precision and, by default, truncation after the multiplication: 0.999 seconds at 2 tokens a second give 0, 1, 3, 5.
    // Conversion saturates, so that what is too large stays so.
    private static int TemporalOffset(int t, double secondsPerGrid, Qwen25VLConfig config)
    {
        var seconds = (float)(config.TemporalPositions == TemporalPositionRule.IntegerSecondsFirst ? Math.Truncate(secondsPerGrid) : secondsPerGrid);
        return (int)(t * seconds * (float)config.VisionConfig.TokensPerSecond);
    }
}
