using Microsoft.ML.Score.Policy;

namespace Microsoft.ML.Score.Training;

/// <summary>What training gives.</summary>
/// <param name="Policy">The best policy on the validation set; without one, the last.</param>
/// <param name="Steps">Steps taken, those before a resume included.</param>
/// <param name="BestCrossEntropy">The kept policy's validation criterion; null without a validation set.</param>
/// <param name="Warnings">Everything that was warned of in this call.</param>
public sealed record TrainingResult(PolicyNetwork Policy, int Steps, double? BestCrossEntropy, IReadOnlyList<string> Warnings);
