namespace Microsoft.ML.Score.Models;

/// <summary>One thing that is wrong with a checkpoint.</summary>
/// <param name="File">The file's name within the folder.</param>
/// <param name="Tensor">The tensor as the file names it; null where it is none's fault.</param>
/// <param name="Expected">What should be there.</param>
/// <param name="Actual">What is there.</param>
/// <param name="NextStep">What mends it, as a sentence.</param>
public sealed record CheckpointFault(string File, string? Tensor, string Expected, string Actual, string NextStep);

/// <summary>What one check of a checkpoint found: one of those that <see cref="VideoModel.Check"/> makes.</summary>
/// <param name="Name">What was checked.</param>
/// <param name="Summary">What is there, or why it was not checked.</param>
/// <param name="Faults">All that is wrong.</param>
public sealed record CheckpointCheck(string Name, string Summary, params IReadOnlyList<CheckpointFault> Faults)
{
    /// <summary>Whether nothing was checked, because of a fault that another check reports.</summary>
    public bool IsSkipped { get; init; }

    internal static CheckpointCheck Skipped(string name, string why) => new(name, why) { IsSkipped = true };
}
