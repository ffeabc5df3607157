using Microsoft.ML.Score.Policy;

namespace Microsoft.ML.Score.Training;

/// <summary>
/// Everything that training goes on from after a stop. Random numbers and the position in the data follow from the counts, so neither is
/// stored. The state changes only between steps, and only to finite numbers: at any moment it can be written.
/// </summary>
internal sealed class TrainerState
{
    public required PolicyNetwork Policy { get; init; }

    public required Adam Adam { get; init; }

    public BaseCrossEntropy BaseCrossEntropy { get; init; } = new();

    /// <summary>The stage under way; the last one when training has ended.</summary>
    public TrainingStage Stage { get; set; }

    public int StepInStage { get; set; }

    /// <summary>Steps taken in both stages.</summary>
    public int Step { get; set; }

    /// <summary>The value of <see cref="Step"/> at the last validation; -1 before the first.</summary>
    public int ValidatedStep { get; set; } = -1;

    /// <summary>Validations of this stage since the last best.</summary>
    public int StaleValidations { get; set; }

    /// <summary>The best policy of the validations; null before the first.</summary>
    public PolicyNetwork? Best { get; set; }

    public double BestCrossEntropy { get; set; } = double.PositiveInfinity;

    /// <summary>The rows that failed and are passed over, by number, and in which pass over the data each did.</summary>
    public OrderedDictionary<long, double> UnusableRows { get; init; } = [];

    /// <summary>The value of <see cref="Step"/> when the best policy was validated.</summary>
    public int BestStep { get; set; }

    /// <summary>The validation's cross-entropy before the first step; null where there was no validation set then.</summary>
    public double? UntrainedCrossEntropy { get; set; }

    /// <summary>
    /// What the last steps showed, at most <see cref="TrainingHealth.Window"/> of them, in their order. A stage's first step begins anew: the switch of data
    /// and tau sets rollouts back for some steps, which is no trouble.
    /// </summary>
    public List<StepSigns> Recent { get; init; } = [];

    public SeenRows Rows { get; init; } = new();

    /// <summary>Whether all stages have ended.</summary>
    public bool IsFinished { get; set; }

    /// <summary>Takes up what the step just taken showed.</summary>
    public void See(StepMetrics step)
    {
        if (StepInStage == 1)
            Recent.Clear();
        if (Recent.Count == TrainingHealth.Window)
            Recent.RemoveAt(0);
        Recent.Add(StepSigns.Of(step));
    }

    /// <summary>Begins a stage.</summary>
    public void Enter(TrainingStage stage)
    {
        Stage = stage;
        StepInStage = 0;
        StaleValidations = 0;
    }
}
