using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace Microsoft.ML;

/// <summary>Columns and filters computed by a user's function.</summary>
public static class CustomMappingCatalog
{
    public static CustomMappingEstimator<TSrc, TDst> CustomMapping<TSrc, TDst>(
        this TransformsCatalog catalog,
        Action<TSrc, TDst> mapAction,
        string contractName,
        SchemaDefinition inputSchemaDefinition = null,
        SchemaDefinition outputSchemaDefinition = null)
        where TSrc : class, new()
        where TDst : class, new()
    {
        ArgumentNullException.ThrowIfNull(catalog);

        return new CustomMappingEstimator<TSrc, TDst>(mapAction, contractName, inputSchemaDefinition, outputSchemaDefinition);
    }

    /// <summary>Keeps the rows for which <paramref name="filterPredicate"/> is false: as in ML.NET, true drops the row.</summary>
    public static IDataView FilterByCustomPredicate<TSrc>(this DataOperationsCatalog catalog, IDataView input, Func<TSrc, bool> filterPredicate)
        where TSrc : class, new()
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(filterPredicate);

        var reader = new ObjectWriter<TSrc>(input.Schema, definition: null, SchemaMismatch.Missing);
        return new FilteredDataView(input, new RowFilter(_ => reader.Columns, row =>
        {
            var read = reader.WriterFrom(row);
            var current = new TSrc();
            return () =>
            {
                read(current);
                return !filterPredicate(current);
            };
        }));
    }
}
