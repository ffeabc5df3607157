namespace Microsoft.ML.Score.Evaluation;

/// <summary>One figure of a benchmark. Benchmarks differ in what their papers call the score; the name says which it is.</summary>
/// <param name="Name">What tables print, for example "M-Avg (mean over tasks)".</param>
/// <param name="MacroKind">The kind of category whose accuracies are averaged; null for the share of right answers over all questions.</param>
public sealed record BenchmarkMetric(string Name, string? MacroKind)
{
    /// <summary>The share of right answers over all questions (micro average).</summary>
    public static readonly BenchmarkMetric Accuracy = new("accuracy", MacroKind: null);

    /// <summary>The mean of the tasks' accuracies (macro average).</summary>
    public static readonly BenchmarkMetric MeanOverTasks = new("mean over tasks", QuestionCategory.Task);

    /// <summary>The groups whose means are averaged, those that a question is in: one for all, or its categories.</summary>
    internal IEnumerable<string> Groups(QuestionRecord question) =>
        MacroKind is null ? [""] : question.Categories.Where(category => category.Kind == MacroKind).Select(category => category.Name).Distinct();
}
