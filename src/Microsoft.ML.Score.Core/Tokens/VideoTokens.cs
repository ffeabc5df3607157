using System.Runtime.InteropServices;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Tokens;

/// <summary>All visual tokens of one video as the frozen encoder gives them: X in R^(T*N x D). Immutable and safe to share between threads.</summary>
public sealed class VideoTokens : ITokenRows
{
    /// <param name="grid">The token grid.</param>
    /// <param name="dimension">D, values a token.</param>
    /// <param name="vectors">T*N*D finite values, row-major [T, H, W, D]; not copied, so it must not change afterwards.</param>
    /// <param name="encoderFingerprint">Fingerprint of the model whose encoder made the tokens; null when unknown.</param>
    /// <exception cref="ArgumentException">The grid is empty, or the number of values is not T*N*D.</exception>
    public VideoTokens(TokenGrid grid, int dimension, ReadOnlyMemory<float> vectors, string? encoderFingerprint = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        TokenGrid.ThrowIfEmpty(grid, nameof(grid));
        if (vectors.Length != (long)grid.Count * dimension)
            throw new ArgumentException(
                $"A grid of {grid} tokens of dimension {dimension} needs {(long)grid.Count * dimension} values, got {vectors.Length}.", nameof(vectors));

        Grid = grid;
        Dimension = dimension;
        Vectors = vectors;
        EncoderFingerprint = encoderFingerprint;
    }

    /// <param name="grid">The token grid.</param>
    /// <param name="rows">The vectors on a backend's device, [T*N, D].</param>
    /// <param name="encoderFingerprint">Fingerprint of the model whose encoder made the tokens.</param>
    internal VideoTokens(TokenGrid grid, DeviceRows rows, string encoderFingerprint)
    {
        Grid = grid;
        Dimension = rows.Dimension;
        Device = rows;
        EncoderFingerprint = encoderFingerprint;
    }

    /// <summary>The token grid.</summary>
    public TokenGrid Grid { get; }

    /// <summary>D, values a token.</summary>
    public int Dimension { get; }

    /// <summary>The vectors, row-major [T, H, W, D]. Those that a GPU encoded are copied from there when they are first asked for.</summary>
    public ReadOnlyMemory<float> Vectors => Device?.Host ?? field;

    /// <summary>Fingerprint of the model whose encoder made the tokens; null when unknown.</summary>
    public string? EncoderFingerprint { get; }

    /// <summary>When the time steps are shown; null when unknown. Only prompts that name the times need it.</summary>
    /// <exception cref="ArgumentException">There are not as many times as time steps.</exception>
    public StepTimes? Times { get; init => field = StepTimes.ThrowIfNotOf(Grid, value, nameof(Times)); }

    /// <summary>
    /// For each of the language model's first layers one more tensor [T, H, W, D], which is added there to the rows of the visual tokens; empty for
    /// models without. Not copied, so they must not change afterwards. Whoever keeps a token keeps its rows in all of them.
    /// </summary>
    /// <exception cref="ArgumentException">A tensor has another number of values than <see cref="Vectors"/>.</exception>
    public IReadOnlyList<ReadOnlyMemory<float>> DeepStack { get; init => field = DeepStackFeatures.ThrowIfNot(Grid.Count, Dimension, value, nameof(DeepStack)); } = [];

    /// <summary>What the encoder knows of its tokens beside their vectors; null when nothing.</summary>
    /// <exception cref="ArgumentException">They are of another grid.</exception>
    public EncoderStatistics? Statistics { get; init => field = EncoderStatistics.ThrowIfNotOf(Grid, value, nameof(Statistics)); }

    /// <summary>The vectors on the device of the backend that encoded them; null where they are on the host.</summary>
    internal DeviceRows? Device { get; }

    TensorType ITokenRows.Type => TensorType.F32;

    ReadOnlySpan<byte> ITokenRows.Rows(int first, int count) => MemoryMarshal.AsBytes(Vectors.Span.Slice(first * Dimension, count * Dimension));

    int ITokenRows.DeepStackLevels => DeepStack.Count;

    ReadOnlySpan<byte> ITokenRows.DeepStackRows(int level, int first, int count) => MemoryMarshal.AsBytes(DeepStack[level].Span.Slice(first * Dimension, count * Dimension));

    /// <summary>The vector of one token, [D].</summary>
    internal ReadOnlySpan<float> Token(int index) => Vectors.Span.Slice(index * Dimension, Dimension);
}
