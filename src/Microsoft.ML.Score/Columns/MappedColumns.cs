namespace Microsoft.ML.Score.Columns;

/// <summary>The columns of one mapped row or cursor: passes getters of input columns through and serves those of the new ones.</summary>
internal sealed class MappedColumns
{
    private readonly RowMapping _mapping;
    private readonly DataViewRow _input;
    private readonly bool[] _active;
    private readonly Delegate[]? _added;

    public MappedColumns(RowMapping mapping, DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        _mapping = mapping;
        _input = input;
        _active = new bool[mapping.OutputSchema.Count];
        var anyAdded = false;
        foreach (var column in activeColumns)
        {
            _active[column.Index] = true;
            anyAdded |= mapping.IsAdded(column);
        }

        _added = anyAdded ? mapping.CreateGetters(input) : null;
    }

    public bool IsActive(DataViewSchema.Column column)
    {
        if (column.Index >= _active.Length)
            throw new ArgumentOutOfRangeException(
                nameof(column), $"Column '{column.Name}' is not of this schema: its index is {column.Index}, the schema has {_active.Length} columns.");
        return _active[column.Index];
    }

    public ValueGetter<TValue> Getter<TValue>(DataViewSchema.Column column)
    {
        if (!IsActive(column))
            throw new ArgumentOutOfRangeException(nameof(column), $"Column '{column.Name}' is not active: ask for it when opening the cursor.");
        if (!_mapping.IsAdded(column))
            return _input.GetGetter<TValue>(_mapping.InputSchema[column.Index]);
        return _added![column.Index - _mapping.InputSchema.Count] as ValueGetter<TValue>
            ?? throw new InvalidOperationException(
                $"Invalid TValue in GetGetter: '{typeof(TValue)}', expected type: '{_mapping.OutputSchema[column.Index].Type.RawType}'.");
    }
}
