namespace Microsoft.ML.Score.Training;

/// <summary>Hands each report on, on the thread that makes it.</summary>
internal sealed class Reporter(Action<TrainingProgress> report) : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value) => report(value);
}
