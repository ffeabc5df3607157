using Microsoft.ML.Data;

namespace Microsoft.ML.Score.Columns;

/// <summary>The mapping as prediction engines drive it, one row at a time.</summary>
internal sealed class RowMapper(RowMapping mapping) : IRowToRowMapper
{
    public DataViewSchema InputSchema => mapping.InputSchema;

    public DataViewSchema OutputSchema => mapping.OutputSchema;

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns) => mapping.Dependencies(dependingColumns);

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(activeColumns);
        if (!ReferenceEquals(input.Schema, mapping.InputSchema))
            throw new ArgumentException("The row's schema is not the one that this mapper was made for.", nameof(input));

        return new MappedRow(mapping, input, activeColumns);
    }
}
