namespace Microsoft.ML.Data;

/// <summary>Copies a value into a buffer of the caller's: a vector's items are copied, anything else is assigned.</summary>
internal static class ValueCopy<TValue>
{
    public delegate void Copier(in TValue source, ref TValue destination);

    public static readonly Copier Copy =
        typeof(TValue).IsGenericType && typeof(TValue).GetGenericTypeDefinition() == typeof(VBuffer<>)
            ? (Copier)Getters.CallGeneric(BufferCopier<int>, typeof(TValue).GetGenericArguments())
            : (in TValue source, ref TValue destination) => destination = source;

    private static ValueCopy<VBuffer<TItem>>.Copier BufferCopier<TItem>() =>
        (in VBuffer<TItem> source, ref VBuffer<TItem> destination) => source.CopyTo(ref destination);
}
