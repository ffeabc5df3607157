using Microsoft.ML.Score.Policy;

namespace Microsoft.ML.Score.Training;

/// <summary>What training gives.</summary>
/// <param name="Policy">The best policy on the validation set; without one, the last.</param>
/// <param name="Steps">Steps taken, those before a resume included.</param>
/// <param name="BestCrossEntropy">The kept policy's validation criterion; null without a validation set.</param>
/// <param name="Warnings">Everything that was warned of in this call.</param>
/// <param name="Verdict">In a line how it went: well, or what went wrong and what to try next.</param>
/// <param name="WentWrong">Whether the verdict is that the policy is to be mistrusted.</param>
public sealed record TrainingResult(PolicyNetwork Policy, int Steps, double? BestCrossEntropy, IReadOnlyList<string> Warnings, string Verdict, bool WentWrong);
