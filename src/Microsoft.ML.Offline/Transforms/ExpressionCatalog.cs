using Microsoft.ML.Transforms;

namespace Microsoft.ML;

/// <summary>Columns computed by an expression in text.</summary>
public static class ExpressionCatalog
{
    /// <summary>
    /// Of ML.NET's expression language this implementation knows constant text: <c>x => "..."</c>, with the escapes
    /// \\ \" \' \n \r \t \uXXXX.
    /// </summary>
    /// <exception cref="NotSupportedException">Any other expression.</exception>
    public static ExpressionEstimator Expression(this TransformsCatalog catalog, string outputColumnName, string expression, params string[] inputColumnNames)
    {
        ArgumentNullException.ThrowIfNull(catalog);

        return new ExpressionEstimator(new ExpressionTransformer(outputColumnName, expression, inputColumnNames));
    }
}
