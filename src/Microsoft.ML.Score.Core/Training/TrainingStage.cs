namespace Microsoft.ML.Score.Training;

/// <summary>The two stages of the curriculum (paper section 4.4).</summary>
public enum TrainingStage
{
    /// <summary>Pseudo-videos made of repeated single steps.</summary>
    WarmUp,

    /// <summary>Videos.</summary>
    Main,
}
