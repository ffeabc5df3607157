using System.Collections;

namespace Microsoft.ML.Data;

/// <summary>
/// A vector value that reuses its arrays: dense, or sparse with ascending <see cref="GetIndices"/>.
/// Values that are not listed are the default of <typeparamref name="T"/>.
/// </summary>
public readonly struct VBuffer<T> : IEnumerable
{
    public readonly int Length;

    internal readonly T[] ValueArray;
    internal readonly int[] IndexArray;
    internal readonly int Count;

    public VBuffer(int length, T[] values, int[] indices = null)
        : this(length, length, values, indices)
    {
    }

    public VBuffer(int length, int count, T[] values, int[] indices)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (count < 0 || count > length)
            throw new ArgumentOutOfRangeException(nameof(count), $"The count must be between 0 and the length {length}, got {count}");
        if ((values?.Length ?? 0) < count)
            throw new ArgumentOutOfRangeException(nameof(values), $"At least {count} values are needed, got {values?.Length ?? 0}");
        if (count < length && (indices?.Length ?? 0) < count)
            throw new ArgumentOutOfRangeException(nameof(indices), $"At least {count} indices are needed, got {indices?.Length ?? 0}");

        Length = length;
        Count = count;
        ValueArray = values;
        IndexArray = indices;
    }

    public bool IsDense => Count == Length;

    public ReadOnlySpan<T> GetValues() => ValueArray.AsSpan(0, Count);

    public ReadOnlySpan<int> GetIndices() => IsDense ? default : IndexArray.AsSpan(0, Count);

    public void CopyToDense(ref VBuffer<T> destination)
    {
        var editor = VBufferEditor.Create(ref destination, Length);
        CopyTo(editor.Values);
        destination = editor.Commit();
    }

    public void CopyTo(ref VBuffer<T> destination)
    {
        var editor = VBufferEditor.Create(ref destination, Length, Count);
        GetValues().CopyTo(editor.Values);
        if (!IsDense)
            GetIndices().CopyTo(editor.Indices);
        destination = editor.Commit();
    }

    public void CopyTo(ref VBuffer<T> destination, int sourceIndex, int length)
    {
        CheckRange(sourceIndex, length);

        if (IsDense)
        {
            var dense = VBufferEditor.Create(ref destination, length);
            GetValues().Slice(sourceIndex, length).CopyTo(dense.Values);
            destination = dense.Commit();
            return;
        }

        var first = LowerBound(sourceIndex);
        var count = LowerBound(sourceIndex + length) - first;
        var editor = VBufferEditor.Create(ref destination, length, count);
        GetValues().Slice(first, count).CopyTo(editor.Values);
        if (count < length)
        {
            for (var i = 0; i < count; i++)
                editor.Indices[i] = IndexArray[first + i] - sourceIndex;
        }
        destination = editor.Commit();
    }

    public void CopyTo(Span<T> destination) => CopyTo(destination, 0);

    public void CopyTo(Span<T> destination, int destinationIndex, T defaultValue = default)
    {
        if (destinationIndex < 0 || destinationIndex > destination.Length - Length)
            throw new ArgumentOutOfRangeException(nameof(destinationIndex), $"{Length} values do not fit at {destinationIndex} of {destination.Length}");

        var target = destination.Slice(destinationIndex, Length);
        if (IsDense)
        {
            GetValues().CopyTo(target);
            return;
        }

        target.Fill(defaultValue);
        for (var i = 0; i < Count; i++)
            target[IndexArray[i]] = ValueArray[i];
    }

    public static void Copy(T[] source, int sourceIndex, ref VBuffer<T> destination, int length)
    {
        if (sourceIndex < 0 || length < 0 || sourceIndex > (source?.Length ?? 0) - length)
            throw new ArgumentOutOfRangeException(nameof(length), $"{length} values from {sourceIndex} are not within {source?.Length ?? 0}");

        var editor = VBufferEditor.Create(ref destination, length);
        source.AsSpan(sourceIndex, length).CopyTo(editor.Values);
        destination = editor.Commit();
    }

    public IEnumerable<KeyValuePair<int, T>> Items(bool all = false)
    {
        var next = 0;
        for (var i = 0; i < Count; i++)
        {
            var index = IsDense ? i : IndexArray[i];
            for (; all && next < index; next++)
                yield return new KeyValuePair<int, T>(next, default);
            yield return new KeyValuePair<int, T>(index, ValueArray[i]);
            next = index + 1;
        }
        for (; all && next < Length; next++)
            yield return new KeyValuePair<int, T>(next, default);
    }

    public IEnumerable<T> DenseValues() => Items(all: true).Select(item => item.Value);

    public void GetItemOrDefault(int index, ref T destination) => destination = GetItemOrDefault(index);

    public T GetItemOrDefault(int index)
    {
        if ((uint)index >= (uint)Length)
            throw new ArgumentOutOfRangeException(nameof(index), $"The index must be between 0 and {Length - 1}, got {index}");

        if (IsDense)
            return ValueArray[index];
        var at = Array.BinarySearch(IndexArray, 0, Count, index);
        return at < 0 ? default : ValueArray[at];
    }

    public override string ToString() =>
        IsDense ? $"Dense vector of size {Length}" : $"Sparse vector of size {Length}, {Count} explicit values";

    public IEnumerator GetEnumerator() => DenseValues().GetEnumerator();

    private void CheckRange(int sourceIndex, int length)
    {
        if (sourceIndex < 0 || length < 0 || sourceIndex > Length - length)
            throw new ArgumentOutOfRangeException(nameof(sourceIndex), $"{length} values from {sourceIndex} are not within a vector of {Length}");
    }

    private int LowerBound(int index)
    {
        var at = Array.BinarySearch(IndexArray, 0, Count, index);
        return at < 0 ? ~at : at;
    }
}
