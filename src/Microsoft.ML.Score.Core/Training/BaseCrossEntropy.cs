using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Microsoft.ML.Score.Training;

/// <summary>
/// CE_base of every video met, computed once for a run. Rows are recognised by their content, so a source that shuffles them is
/// fine. Not safe for concurrent use.
/// </summary>
internal sealed class BaseCrossEntropy
{
    /// <summary>The known values by <see cref="Key"/>, in order of first use.</summary>
    public OrderedDictionary<long, double> Values { get; init; } = [];

    /// <summary>The value of a row, computed where it is not known yet.</summary>
    public double GetOrAdd(TrainingExample example, Func<double> compute)
    {
        var key = Key(example);
        if (!Values.TryGetValue(key, out var value))
            Values.Add(key, value = compute());
        return value;
    }

    /// <summary>64 bits of the SHA-256 of grid, caption and vectors.</summary>
    private static long Key(TrainingExample example)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{example.Video.Grid}\n{example.Video.Dimension}\n{example.Caption}\n"));
        hash.AppendData(MemoryMarshal.AsBytes(example.Video.Vectors.Span));
        return BinaryPrimitives.ReadInt64LittleEndian(hash.GetHashAndReset());
    }
}
