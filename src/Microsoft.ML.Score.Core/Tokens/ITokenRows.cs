using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Tokens;

/// <summary>
/// The token vectors of one video, row-major [T*N, D], in the type they are stored in: in memory or in a mapped file. Safe for concurrent
/// reading.
/// </summary>
internal interface ITokenRows
{
    TokenGrid Grid { get; }

    /// <summary>D, values a row.</summary>
    int Dimension { get; }

    /// <summary>F32, BF16 or F16.</summary>
    TensorType Type { get; }

    /// <summary>The stored bytes of rows [first, first + count), without a copy.</summary>
    ReadOnlySpan<byte> Rows(int first, int count);

    /// <summary>L, how many DeepStack tensors the tokens have beside their vectors.</summary>
    int DeepStackLevels => 0;

    /// <summary>As <see cref="Rows"/>, of one of the DeepStack tensors.</summary>
    ReadOnlySpan<byte> DeepStackRows(int level, int first, int count) => throw new ArgumentOutOfRangeException(nameof(level), level, "These tokens have no DeepStack tensors.");
}
