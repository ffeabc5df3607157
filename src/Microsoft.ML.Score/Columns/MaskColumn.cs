using Microsoft.ML.Data;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Columns;

/// <summary>A mask column: a Vector of T*N values in flat grid order, of type [T, H, W] where H and W are the same for all rows, T being * unless it is too.</summary>
internal static class MaskColumn
{
    public static OutputColumn<TResult> Output<TResult>(string name, FeatureColumns features, double retentionRatio, Func<TResult, ReadOnlyMemory<bool>> mask) =>
        OutputColumn.Vector(name, features.PerTokenType(BooleanDataViewType.Instance), mask, Annotations(features, retentionRatio));

    /// <summary>A function that gives the positions that the mask keeps, at the row's current position, on the grid of the row's video.</summary>
    public static Func<TokenGrid, int[]> Reader(DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<VBuffer<bool>>(column);
        var buffer = new VBuffer<bool>();
        var mask = Array.Empty<bool>();
        return grid =>
        {
            getter(ref buffer);
            if (buffer.Length != grid.Count)
                throw RowError.At(row, column.Name, $"the mask has {buffer.Length} values, the video's grid of {grid} has {grid.Count} tokens.");
            if (mask.Length != buffer.Length)
                mask = new bool[buffer.Length];
            buffer.CopyTo(mask);

            var positions = new int[mask.AsSpan().Count(true)];
            if (positions.Length == 0)
                throw RowError.At(row, column.Name, $"the mask keeps none of the video's {mask.Length} tokens.");
            for (int i = 0, k = 0; k < positions.Length; i++)
                if (mask[i])
                    positions[k++] = i;
            return positions;
        };
    }

    private static DataViewSchema.Annotations Annotations(FeatureColumns features, double retentionRatio)
    {
        var grid = new VBuffer<int>(3, [features.TimeSteps, features.Height, features.Width]);
        var builder = new DataViewSchema.Annotations.Builder();
        builder.Add("Grid", new VectorDataViewType(NumberDataViewType.Int32, 3), (ref VBuffer<int> value) => grid.CopyTo(ref value));
        if (features.Grid is { } gridColumn)
            builder.AddPrimitiveValue("GridColumn", TextDataViewType.Instance, gridColumn.AsMemory());
        builder.AddPrimitiveValue("RetentionRatio", NumberDataViewType.Double, retentionRatio);
        return builder.ToAnnotations();
    }
}
