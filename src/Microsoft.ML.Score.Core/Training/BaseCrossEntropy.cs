using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Training;

/// <summary>
/// CE_base of every video met, computed once for a run. Rows are recognised by their content, so a source that shuffles them is
/// fine. Not safe for concurrent use.
/// </summary>
internal sealed class BaseCrossEntropy
{
    // What is looked at of a video's tokens: all of a small one, tokens evenly spaced over a large one, whose hash would take as long as its policy scores.
    private const int HashedValues = 1 << 18;

    /// <summary>The known values by <see cref="Key"/>, in order of first use.</summary>
    public OrderedDictionary<long, double> Values { get; init; } = [];

    /// <summary>64 bits of the SHA-256 of grid, caption and vectors.</summary>
    public static long Key(VideoTokens video, string caption)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{video.Grid}\n{video.Dimension}\n{caption}\n"));
        var hashed = Math.Clamp(HashedValues / video.Dimension, 1, video.Grid.Count);
        for (var i = 0; i < hashed; i++)
            hash.AppendData(MemoryMarshal.AsBytes(video.Token((int)((long)i * video.Grid.Count / hashed))));
        return BinaryPrimitives.ReadInt64LittleEndian(hash.GetHashAndReset());
    }
}
