namespace Microsoft.ML.Data;

/// <summary>A random but repeatable division of rows: those whose hash falls below the fraction are the test rows.</summary>
internal sealed class RowSplit(string keyColumn, int seed, double testFraction)
{
    public RowFilter TrainFilter => new(Columns, row => Decide(row, test: false));

    public RowFilter TestFilter => new(Columns, row => Decide(row, test: true));

    private IEnumerable<DataViewSchema.Column> Columns(DataViewSchema schema) => keyColumn is null ? [] : [schema[keyColumn]];

    private Func<bool> Decide(DataViewRow row, bool test)
    {
        var key = KeyOf(row);
        return () => Fraction(key()) < testFraction == test;
    }

    private Func<DataViewRowId> KeyOf(DataViewRow row)
    {
        if (keyColumn is not null)
            return (Func<DataViewRowId>)Getters.CallGeneric(HashOf<int>, [row.Schema[keyColumn].Type.RawType], row, row.Schema[keyColumn]);

        var getter = row.GetIdGetter();
        return () =>
        {
            DataViewRowId id = default;
            getter(ref id);
            return id;
        };
    }

    private static Func<DataViewRowId> HashOf<TValue>(DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<TValue>(column);
        TValue value = default;
        return () =>
        {
            getter(ref value);
            var text = Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture);
            // string.GetHashCode differs from process to process; a split must not.
            return text.Aggregate(default(DataViewRowId), (id, letter) => id.Combine(new DataViewRowId(letter, 1)));
        };
    }

    private double Fraction(DataViewRowId key) => (key.Combine(new DataViewRowId((uint)seed, 0)).Low >> 11) * (1.0 / (1UL << 53));
}
