namespace Microsoft.ML.Data;

/// <summary>An object seen as a row: what a prediction engine feeds to a model.</summary>
internal sealed class ObjectRow<TRow> : DataViewRow
    where TRow : class
{
    private readonly MemberBinding<TRow>[] _bindings;
    private TRow _current;
    private long _position = -1;

    public ObjectRow(MemberBinding<TRow>[] bindings)
    {
        _bindings = bindings;
        Schema = SchemaOf(bindings);
    }

    public override long Position => _position;

    public override long Batch => 0;

    public override DataViewSchema Schema { get; }

    public void MoveTo(TRow row)
    {
        _current = row;
        _position++;
    }

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)_position, 0);

    public override bool IsColumnActive(DataViewSchema.Column column) => Schema.IndexOf(column) >= 0;

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) =>
        Getters.Cast<TValue>(_bindings[Schema.IndexOf(column)].GetterFrom(() => _current), column);

    internal static DataViewSchema SchemaOf(IEnumerable<MemberBinding<TRow>> bindings)
    {
        var builder = new DataViewSchema.Builder();
        foreach (var binding in bindings)
            builder.AddColumn(binding.ColumnName, binding.ColumnType, binding.Annotations);
        return builder.ToSchema();
    }
}
