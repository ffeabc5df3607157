namespace Microsoft.ML.Score.Storage;

/// <summary>What a safetensors header says of one tensor.</summary>
internal sealed class TensorEntry
{
    /// <summary>As many dimensions as NumPy and PyTorch can hold; the format itself sets no bound.</summary>
    internal const int MostDimensions = 64;

    private readonly long[] _shape;

    internal TensorEntry(TensorType type, long[] shape, long offset, long byteLength)
    {
        Type = type;
        _shape = shape;
        Offset = offset;
        ByteLength = byteLength;
    }

    /// <summary>How the elements are stored.</summary>
    public TensorType Type { get; }

    /// <summary>The dimensions, outermost first; empty for a scalar.</summary>
    public IReadOnlyList<long> Shape => _shape;

    /// <summary>The number of elements, the product of the dimensions.</summary>
    public long Count => ByteLength / Type.Size();

    /// <summary>Bytes of the tensor.</summary>
    public long ByteLength { get; }

    /// <summary>Where the tensor starts in the data section.</summary>
    internal long Offset { get; }

    /// <summary>Type and shape, "F32 [2, 3]", for messages.</summary>
    public override string ToString() => $"{Type.Word()} {TensorTypes.Describe<long>(_shape)}";
}
