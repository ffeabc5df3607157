namespace Microsoft.ML.Data;

/// <summary>Opens a <see cref="VBuffer{T}"/> for writing, reusing its arrays where they are large enough.</summary>
public static class VBufferEditor
{
    public static VBufferEditor<T> CreateFromBuffer<T>(ref VBuffer<T> destination) =>
        Create(ref destination, destination.Length, destination.Count, keepOldOnResize: true);

    public static VBufferEditor<T> Create<T>(
        ref VBuffer<T> destination,
        int newLogicalLength,
        int? valuesCount = null,
        int? maxValuesCapacity = null,
        bool keepOldOnResize = false,
        bool requireIndicesOnDense = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(newLogicalLength);
        if (valuesCount < 0 || valuesCount > newLogicalLength)
            throw new ArgumentOutOfRangeException(nameof(valuesCount), $"The count must be between 0 and the length {newLogicalLength}, got {valuesCount}");

        var count = valuesCount ?? newLogicalLength;
        var capacity = Math.Max(maxValuesCapacity ?? newLogicalLength, count);
        var values = Grow(destination.ValueArray, count, capacity, keepOldOnResize, out var createdValues);
        var indices = destination.IndexArray;
        var createdIndices = false;
        if (count < newLogicalLength || requireIndicesOnDense)
            indices = Grow(indices, count, capacity, keepOldOnResize, out createdIndices);
        return new VBufferEditor<T>(newLogicalLength, count, values, indices, requireIndicesOnDense, createdValues, createdIndices);
    }

    private static TItem[] Grow<TItem>(TItem[] array, int count, int capacity, bool keep, out bool created)
    {
        var size = array?.Length ?? 0;
        created = size < count;
        if (!created)
            return array ?? [];

        var grown = new TItem[(int)Math.Clamp(size * 2L, count, capacity)];
        if (keep && array is not null)
            array.CopyTo(grown, 0);
        return grown;
    }
}

/// <summary>A <see cref="VBuffer{T}"/> being written; <see cref="Commit"/> gives the buffer.</summary>
public readonly ref struct VBufferEditor<T>
{
    public readonly Span<T> Values;
    public readonly Span<int> Indices;

    private readonly int _length;
    private readonly T[] _values;
    private readonly int[] _indices;

    internal VBufferEditor(int length, int count, T[] values, int[] indices, bool indicesOnDense, bool createdValues, bool createdIndices)
    {
        _length = length;
        _values = values;
        _indices = indices;
        Values = values.AsSpan(0, count);
        Indices = count < length || indicesOnDense ? indices.AsSpan(0, count) : default;
        CreatedNewValues = createdValues;
        CreatedNewIndices = createdIndices;
    }

    public bool CreatedNewValues { get; }

    public bool CreatedNewIndices { get; }

    public VBuffer<T> Commit() => new(_length, Values.Length, _values, _indices);

    public VBuffer<T> CommitTruncated(int physicalValuesCount)
    {
        if (physicalValuesCount < 0 || physicalValuesCount > Values.Length)
            throw new ArgumentOutOfRangeException(nameof(physicalValuesCount), $"The count must be between 0 and {Values.Length}, got {physicalValuesCount}");

        return new VBuffer<T>(_length, physicalValuesCount, _values, _indices);
    }
}
