namespace Microsoft.ML.Score.Synthetic;

/// <summary>What a synthetic clip is for. The seeds of two splits are disjoint, so no clip is in both.</summary>
public enum SyntheticSplit
{
    /// <summary>Training of the embedded model.</summary>
    ModelTraining,

    /// <summary>Training of the compression policy.</summary>
    PolicyTraining,

    /// <summary>Choice of checkpoints and settings.</summary>
    Validation,

    /// <summary>Reported numbers, and nothing else.</summary>
    Test,
}
