namespace Microsoft.ML.Data;

/// <summary>Which columns of a schema are written into which members of <typeparamref name="TRow"/>.</summary>
internal sealed class ObjectWriter<TRow>
    where TRow : class
{
    private readonly (MemberBinding<TRow> Binding, DataViewSchema.Column Column)[] _members;

    /// <param name="schema">The schema of the rows to read.</param>
    /// <param name="definition">The members to write; null for all that can be written.</param>
    /// <param name="missing">The error for a column that the schema lacks; null to leave such members alone.</param>
    public ObjectWriter(DataViewSchema schema, SchemaDefinition definition, Func<string, Exception> missing)
    {
        var members = new List<(MemberBinding<TRow>, DataViewSchema.Column)>();
        foreach (var binding in MemberBinding<TRow>.All(definition, SchemaDefinition.Direction.Write))
        {
            if (schema.GetColumnOrNull(binding.ColumnName) is not { } column)
            {
                if (missing is not null)
                    throw missing(binding.ColumnName);
                continue;
            }

            if (!binding.Accepts(column.Type))
                throw SchemaMismatch.WrongType(column.Name, binding.ColumnType.ToString(), column.Type.ToString());
            members.Add((binding, column));
        }
        _members = [.. members];
    }

    public IEnumerable<DataViewSchema.Column> Columns => _members.Select(member => member.Column);

    /// <summary>Fills objects from the row's current position.</summary>
    public Action<TRow> WriterFrom(DataViewRow row)
    {
        var setters = Array.ConvertAll(_members, member => member.Binding.SetterFrom(row, member.Column));
        return target =>
        {
            foreach (var setter in setters)
                setter(target);
        };
    }
}
