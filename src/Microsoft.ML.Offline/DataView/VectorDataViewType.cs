using System.Collections.Immutable;

namespace Microsoft.ML.Data;

/// <summary>A vector of items, with one or more dimensions of which any may be unknown (0).</summary>
public sealed class VectorDataViewType : StructuredDataViewType
{
    public VectorDataViewType(PrimitiveDataViewType itemType, int size = 0)
        : this(itemType, ImmutableArray.Create(size))
    {
    }

    public VectorDataViewType(PrimitiveDataViewType itemType, params int[] dimensions)
        : this(itemType, dimensions is null ? default : ImmutableArray.Create(dimensions))
    {
    }

    public VectorDataViewType(PrimitiveDataViewType itemType, ImmutableArray<int> dimensions)
        : base(BufferType(itemType))
    {
        if (dimensions.IsDefaultOrEmpty)
            throw new ArgumentOutOfRangeException(nameof(dimensions), "A vector type must have at least one dimension");
        if (dimensions.Any(dimension => dimension < 0))
            throw new ArgumentOutOfRangeException(nameof(dimensions), $"Dimensions must not be negative, got [{string.Join(", ", dimensions)}]");

        ItemType = itemType;
        Dimensions = dimensions;
        Size = ProductOf(dimensions);
    }

    public ImmutableArray<int> Dimensions { get; }

    public bool IsKnownSize => Size > 0;

    public PrimitiveDataViewType ItemType { get; }

    public int Size { get; }

    public override bool Equals(DataViewType other) =>
        other is VectorDataViewType vector && vector.ItemType.Equals(ItemType) && vector.Dimensions.SequenceEqual(Dimensions);

    public override bool Equals(object other) => other is DataViewType type && Equals(type);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(ItemType);
        foreach (var dimension in Dimensions)
            hash.Add(dimension);
        return hash.ToHashCode();
    }

    public override string ToString() =>
        Dimensions is [0]
            ? $"Vector<{ItemType}>"
            : $"Vector<{ItemType}, {string.Join(", ", Dimensions.Select(dimension => dimension == 0 ? "*" : dimension.ToString()))}>";

    private static Type BufferType(PrimitiveDataViewType itemType)
    {
        ArgumentNullException.ThrowIfNull(itemType);

        return typeof(VBuffer<>).MakeGenericType(itemType.RawType);
    }

    private static int ProductOf(ImmutableArray<int> dimensions)
    {
        long product = 1;
        foreach (var dimension in dimensions)
        {
            product *= dimension;
            if (product > int.MaxValue)
                throw new ArgumentOutOfRangeException(nameof(dimensions), $"The product of the dimensions [{string.Join(", ", dimensions)}] exceeds {int.MaxValue}");
        }
        return (int)product;
    }
}
