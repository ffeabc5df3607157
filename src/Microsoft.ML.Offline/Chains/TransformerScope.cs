namespace Microsoft.ML.Data;

/// <summary>In which phases a transformer of a chain takes part.</summary>
[Flags]
public enum TransformerScope
{
    None = 0,
    Training = 1,
    Testing = 2,
    TrainTest = 3,
    Scoring = 4,
    Everything = 7,
}
