namespace Microsoft.ML.Data;

/// <summary>Computes new columns from the columns of an input row.</summary>
internal abstract class ColumnMapper
{
    public abstract IReadOnlyList<DataViewSchema.DetachedColumn> Columns { get; }

    /// <summary>Indices of the input columns that the active new columns are computed from.</summary>
    public abstract IEnumerable<int> InputsOf(Func<int, bool> isActive);

    /// <summary>One <see cref="ValueGetter{TValue}"/> for each new column; null where it is not active.</summary>
    public abstract Delegate[] CreateGetters(DataViewRow input, Func<int, bool> isActive);
}
