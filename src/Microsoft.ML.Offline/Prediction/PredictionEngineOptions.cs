using Microsoft.ML.Data;

namespace Microsoft.ML;

/// <summary>How a prediction engine reads its input, writes its output and treats its model.</summary>
public sealed class PredictionEngineOptions
{
    public bool IgnoreMissingColumns = true;
    public SchemaDefinition InputSchemaDefinition;
    public SchemaDefinition OutputSchemaDefinition;
    public bool OwnsTransformer = true;
}
