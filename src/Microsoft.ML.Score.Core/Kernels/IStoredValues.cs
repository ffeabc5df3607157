namespace Microsoft.ML.Score.Kernels;

/// <summary>
/// The values of a weight as a checkpoint stores them. They stay where they are, perhaps in a mapped file, so they must outlive every
/// <see cref="Weight"/> made from them.
/// </summary>
internal interface IStoredValues
{
    /// <summary>Whether the stored type is single precision, so that <see cref="Float32"/> gives the values without a copy.</summary>
    bool IsFloat32 { get; }

    /// <summary>All values, where they are stored in single precision.</summary>
    ReadOnlySpan<float> Float32 { get; }

    /// <summary>Whether the stored type is bfloat16, so that <see cref="BFloat16"/> gives the values without a copy.</summary>
    bool IsBFloat16 { get; }

    /// <summary>The bits of elements [start, start + count), where they are stored in bfloat16.</summary>
    ReadOnlySpan<ushort> BFloat16(long start, int count);

    /// <summary>Widens elements [start, start + destination.Length).</summary>
    void Read(long start, Span<float> destination);
}
