namespace Microsoft.ML.Score.Synthetic;

/// <summary>One class that a question belongs to.</summary>
/// <param name="Kind">What is classified, for example <see cref="Task"/> or "domain".</param>
/// <param name="Name">The class, for example "counting".</param>
public readonly record struct QuestionCategory(string Kind, string Name)
{
    /// <summary>The kind that every question has: what it asks for.</summary>
    public const string Task = "task";
}
