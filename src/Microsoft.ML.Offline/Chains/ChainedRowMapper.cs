namespace Microsoft.ML.Data;

/// <summary>Row-to-row mappers applied one after another; an empty chain gives the row itself.</summary>
internal sealed class ChainedRowMapper(DataViewSchema inputSchema, IRowToRowMapper[] mappers) : IRowToRowMapper
{
    public DataViewSchema InputSchema => inputSchema;

    public DataViewSchema OutputSchema => mappers.Length == 0 ? inputSchema : mappers[^1].OutputSchema;

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns) =>
        mappers.Reverse().Aggregate(dependingColumns, (needed, mapper) => mapper.GetDependencies(needed));

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        // needed[i]: the output columns of mapper i that whatever follows asks for.
        var needed = new DataViewSchema.Column[mappers.Length][];
        var asked = activeColumns.ToArray();
        for (var i = mappers.Length - 1; i >= 0; i--)
        {
            needed[i] = asked;
            asked = [.. mappers[i].GetDependencies(asked)];
        }

        var row = input;
        for (var i = 0; i < mappers.Length; i++)
            row = mappers[i].GetRow(row, needed[i]);
        return row;
    }
}
