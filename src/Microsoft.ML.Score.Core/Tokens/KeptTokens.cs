namespace Microsoft.ML.Score.Tokens;

/// <summary>
/// The tokens of one video that reach the language model: vectors with their original positions. Pruners keep rows of the
/// video as they are, mergers bring vectors of their own; both say where on the full grid each token stands. Immutable.
/// </summary>
public sealed class KeptTokens
{
    // One of the two: vectors of its own, or the video whose rows they are.
    private readonly ReadOnlyMemory<float> _vectors;
    private float[]? _gathered;

    /// <param name="grid">The grid of the whole video.</param>
    /// <param name="dimension">D, values a token.</param>
    /// <param name="positions">k flat grid indices, strictly ascending; not copied.</param>
    /// <param name="vectors">k*D finite values, row-major [k, D]; not copied, and not looked at before a model takes them.</param>
    /// <exception cref="ArgumentException">The grid is empty, a position is outside it or out of order, or the number of values is not k*D.</exception>
    public KeptTokens(TokenGrid grid, int dimension, ReadOnlyMemory<int> positions, ReadOnlyMemory<float> vectors)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        TokenGrid.ThrowIfEmpty(grid, nameof(grid));
        if (vectors.Length != (long)positions.Length * dimension)
            throw new ArgumentException(
                $"{positions.Length} tokens of dimension {dimension} need {(long)positions.Length * dimension} values, got {vectors.Length}.", nameof(vectors));
        ThrowIfNotPositions(grid, positions.Span);

        Grid = grid;
        Dimension = dimension;
        Positions = positions;
        _vectors = vectors;
    }

    private KeptTokens(VideoTokens video, ReadOnlyMemory<int> positions)
    {
        Grid = video.Grid;
        Dimension = video.Dimension;
        Positions = positions;
        Video = video;
        Times = video.Times;
    }

    /// <summary>The grid of the whole video.</summary>
    public TokenGrid Grid { get; }

    /// <summary>D, values a token.</summary>
    public int Dimension { get; }

    /// <summary>Flat grid indices, strictly ascending.</summary>
    public ReadOnlyMemory<int> Positions { get; }

    /// <summary>The vectors, row-major [k, D]. Those of <see cref="Gather"/> are copied from the video when they are first asked for.</summary>
    public ReadOnlyMemory<float> Vectors => Video is null ? _vectors : Count == Grid.Count ? Video.Vectors : _gathered ??= GatherVectors(Video);

    /// <summary>
    /// The video whose rows the vectors are, so that a model may take the video once and of each set its positions; null where the vectors are
    /// the set's own.
    /// </summary>
    public VideoTokens? Video { get; }

    /// <summary>When the time steps of the video are shown; null when unknown. Only prompts that name the times need it.</summary>
    /// <exception cref="ArgumentException">There are not as many times as time steps.</exception>
    public StepTimes? Times { get; init => field = StepTimes.ThrowIfNotOf(Grid, value, nameof(Times)); }

    /// <summary>k.</summary>
    public int Count => Positions.Length;

    /// <summary>Every token of the video.</summary>
    /// <param name="video">The video's tokens.</param>
    public static KeptTokens All(VideoTokens video)
    {
        ArgumentNullException.ThrowIfNull(video);

        var positions = new int[video.Grid.Count];
        for (var i = 0; i < positions.Length; i++)
            positions[i] = i;
        return new KeptTokens(video, positions);
    }

    /// <summary>The tokens of the video at the given positions.</summary>
    /// <param name="video">The video's tokens.</param>
    /// <param name="positions">Flat grid indices, strictly ascending; not copied.</param>
    /// <exception cref="ArgumentException">A position is outside the grid or out of order.</exception>
    public static KeptTokens Gather(VideoTokens video, ReadOnlyMemory<int> positions)
    {
        ArgumentNullException.ThrowIfNull(video);
        ThrowIfNotPositions(video.Grid, positions.Span);

        return new KeptTokens(video, positions);
    }

    /// <summary>The mask over all T*N tokens: true where a token is kept.</summary>
    public bool[] ToMask()
    {
        var mask = new bool[Grid.Count];
        foreach (var position in Positions.Span)
            mask[position] = true;
        return mask;
    }

    private float[] GatherVectors(VideoTokens video)
    {
        var vectors = new float[Count * Dimension];
        for (var k = 0; k < Count; k++)
            video.Token(Positions.Span[k]).CopyTo(vectors.AsSpan(k * Dimension));
        return vectors;
    }

    internal static void ThrowIfNotPositions(TokenGrid grid, ReadOnlySpan<int> positions)
    {
        var previous = -1;
        foreach (var position in positions)
        {
            if (position <= previous || position >= grid.Count)
                throw new ArgumentException($"Positions must ascend strictly within 0..{grid.Count - 1}; got {position} after {previous}.", nameof(positions));
            previous = position;
        }
    }
}
