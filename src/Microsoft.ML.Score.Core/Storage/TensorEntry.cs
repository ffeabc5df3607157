namespace Microsoft.ML.Score.Storage;

/// <summary>What a safetensors header says of one tensor.</summary>
internal sealed class TensorEntry
{
    /// <summary>As many dimensions as NumPy and PyTorch can hold; the format itself sets no bound.</summary>
    internal const int MostDimensions = 64;

    private readonly long[] _shape;

    internal TensorEntry(string word, long[] shape, long count, long offset, long byteLength)
    {
        Word = word;
        Type = TensorTypes.TryParse(word, out var type) ? type : null;
        _shape = shape;
        Count = count;
        Offset = offset;
        ByteLength = byteLength;
    }

    /// <summary>How the elements are stored, in the header's word.</summary>
    public string Word { get; }

    /// <summary>How the elements are stored; null for a type that is not read here: only who reads such a tensor need refuse it.</summary>
    public TensorType? Type { get; }

    public bool IsFloatingPoint => Type?.IsFloatingPoint() ?? false;

    /// <summary>The dimensions, outermost first; empty for a scalar.</summary>
    public IReadOnlyList<long> Shape => _shape;

    /// <summary>The number of elements, the product of the dimensions.</summary>
    public long Count { get; }

    /// <summary>Bytes of the tensor.</summary>
    public long ByteLength { get; }

    /// <summary>Where the tensor starts in the data section.</summary>
    internal long Offset { get; }

    /// <summary>Type and shape, "F32 [2, 3]", for messages.</summary>
    public override string ToString() => $"{Excerpt.Of(Word)} {TensorTypes.Describe<long>(_shape)}";
}
