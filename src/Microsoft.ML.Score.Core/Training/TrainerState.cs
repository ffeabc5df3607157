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

    /// <summary>Begins a stage.</summary>
    public void Enter(TrainingStage stage)
    {
        Stage = stage;
        StepInStage = 0;
        StaleValidations = 0;
    }
}
