namespace Score.Cli.Plans;

/// <summary>How fast this machine multiplies matrices with a model's backend, in floating-point operations a second.</summary>
/// <param name="Prompt">With many rows of activations.</param>
/// <param name="Token">With one; null where nothing is generated.</param>
internal sealed record MeasuredSpeed(double Prompt, double? Token)
{
    private const int PromptRows = 256;

    /// <summary>Measures it now.</summary>
    public static MeasuredSpeed Of(WorkPlan plan)
    {
        var backend = plan.Model.Options.Backend;
        return new MeasuredSpeed(backend.MeasureFlops(PromptRows), plan.GenerationFlops > 0 ? backend.MeasureFlops(1) : null);
    }
}
