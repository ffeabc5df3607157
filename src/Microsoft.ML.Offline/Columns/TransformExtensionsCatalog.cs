using Microsoft.ML.Transforms;

namespace Microsoft.ML;

/// <summary>Copying, joining, dropping and selecting columns.</summary>
public static class TransformExtensionsCatalog
{
    public static ColumnCopyingEstimator CopyColumns(this TransformsCatalog catalog, string outputColumnName, string inputColumnName)
    {
        ArgumentNullException.ThrowIfNull(catalog);

        return new ColumnCopyingEstimator((outputColumnName, inputColumnName));
    }

    public static ColumnConcatenatingEstimator Concatenate(this TransformsCatalog catalog, string outputColumnName, params string[] inputColumnNames)
    {
        ArgumentNullException.ThrowIfNull(catalog);

        return new ColumnConcatenatingEstimator(outputColumnName, inputColumnNames);
    }

    public static ColumnSelectingEstimator DropColumns(this TransformsCatalog catalog, params string[] columnNames)
    {
        ArgumentNullException.ThrowIfNull(catalog);

        return new ColumnSelectingEstimator(null, columnNames);
    }

    public static ColumnSelectingEstimator SelectColumns(this TransformsCatalog catalog, string[] columnNames, bool keepHidden)
    {
        ArgumentNullException.ThrowIfNull(catalog);

        return new ColumnSelectingEstimator(columnNames, null, keepHidden);
    }

    public static ColumnSelectingEstimator SelectColumns(this TransformsCatalog catalog, params string[] columnNames) =>
        SelectColumns(catalog, columnNames, keepHidden: false);
}
