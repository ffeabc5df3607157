using Microsoft.ML.Score.Storage;

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
    private IReadOnlyList<ReadOnlyMemory<float>>? _deepStack;

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

    /// <summary>
    /// The DeepStack features of the tokens, each [k, D]; empty where there are none. Those of <see cref="Gather"/> are copied from
    /// <see cref="VideoTokens.DeepStack"/> when they are first asked for. A merged token brings those of the token at its position.
    /// </summary>
    /// <exception cref="ArgumentException">A tensor has another number of values than <see cref="Vectors"/>.</exception>
    public IReadOnlyList<ReadOnlyMemory<float>> DeepStack
    {
        get => _deepStack ??= Video is null ? [] : DeepStackFeatures.Gather(Video.DeepStack, Dimension, Positions.Span);
        init => _deepStack = DeepStackFeatures.ThrowIfNot(Count, Dimension, value, nameof(DeepStack));
    }

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

    /// <summary>
    /// Writes a file that appears whole or not at all; an existing one is replaced. It is safetensors with the tensors <c>positions</c> [k] in I64, flat
    /// indices (t*H + y)*W + x, strictly ascending, and <c>vectors</c> [k, D] in F32, the k rows in the same order. Metadata: <c>video</c>, <c>grid</c> ("TxHxW"),
    /// <c>seconds_per_step</c> and, where known, <c>encoder_fingerprint</c> and <c>step_times</c>. <see cref="DeepStack"/> is in <c>deepstack_0</c>, <c>deepstack_1</c>
    /// and so on, like the vectors. The same tokens and texts give the same bytes.
    /// </summary>
    /// <param name="path">The file to write.</param>
    /// <param name="video">What the video is called, a path or any other text.</param>
    /// <param name="encoderFingerprint">Fingerprint of the model whose encoder made the tokens; null when unknown.</param>
    /// <exception cref="InvalidOperationException">A value is not finite.</exception>
    /// <exception cref="ArgumentException">The vectors have more bytes than one array holds, about 2 GiB.</exception>
    /// <exception cref="IOException">The file cannot be written; an older one stays as it was.</exception>
    /// <example><code>
    /// KeptTokens kept = new ScoreCompressor(policy).Compress(video, 0.10);
    /// kept.Save("clip.kept.safetensors", "clip.mp4", video.EncoderFingerprint);
    /// KeptTokens again = KeptTokens.Load("clip.kept.safetensors");
    /// </code></example>
    public void Save(string path, string video, string? encoderFingerprint = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(video);

        KeptTokenFile.Write(path, this, video, encoderFingerprint);
    }

    /// <summary>Reads what <see cref="Save"/> wrote: grid, positions, vectors, and what there is of <see cref="Times"/> and <see cref="DeepStack"/>.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is not safetensors, is cut off, lacks a tensor or the grid, its positions are outside the grid or out of order, its vectors are not a row
    /// for each position, or a value is not finite.
    /// </exception>
    public static KeptTokens Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        using var file = SafetensorsFile.Open(path);
        return KeptTokenFile.Read(file);
    }

    /// <summary>Whether a file, by its header, holds kept tokens, so that other kept tokens may replace it. Its values are not read.</summary>
    /// <param name="path">An existing file.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static bool IsTokenFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        return SafetensorsFile.Is(path, KeptTokenFile.IsOne);
    }

    private float[] GatherVectors(VideoTokens video)
    {
        if (video.Device is { } device)
            return device.GatherToHost(Positions);

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
