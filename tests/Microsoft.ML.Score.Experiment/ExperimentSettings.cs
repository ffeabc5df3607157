using Microsoft.ML.Score.Synthetic;

namespace Microsoft.ML.Score.Experiment;

/// <summary>What decides the numbers, beside the model.</summary>
/// <param name="Seeds">Seeds of every trained policy and of every control that draws.</param>
/// <param name="Videos">Held-out videos of each length, eight questions each.</param>
/// <param name="Lengths">Their lengths.</param>
/// <param name="SweepVideos">Videos of each length of the sweep.</param>
/// <param name="TrainingVideos">Videos to train on.</param>
/// <param name="WarmUpSteps">Steps on pseudo-videos.</param>
/// <param name="MainSteps">Steps on videos.</param>
internal sealed record ExperimentSettings(int Seeds, int Videos, VideoLength[] Lengths, int SweepVideos, int TrainingVideos, int WarmUpSteps, int MainSteps)
{
    /// <summary>The ratio of the context-rot sweep.</summary>
    public const double SweepRatio = 0.25;

    public IReadOnlyList<double> Ratios { get; } = [0.40, 0.25, 0.10];
}
