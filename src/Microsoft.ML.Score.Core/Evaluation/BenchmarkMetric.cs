using Microsoft.ML.Score.Synthetic;

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

    /// <summary>The figure for one system, or several averaged.</summary>
    /// <param name="result">The records.</param>
    /// <param name="systems">Systems of that result.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    /// <exception cref="ArgumentException">A system was not run, or no question counts.</exception>
    public Estimate Of(BenchmarkResult result, IReadOnlyCollection<BenchmarkSystem> systems, long seed = 0)
    {
        ArgumentNullException.ThrowIfNull(result);

        return MacroKind is null ? result.Accuracy(systems, seed: seed) : result.MacroAccuracy(systems, MacroKind, seed);
    }

    /// <summary>The groups whose means are averaged, those that a question is in: one for all, or its categories.</summary>
    internal IEnumerable<string> Groups(QuestionResult question) =>
        MacroKind is null ? [""] : question.Categories.Where(category => category.Kind == MacroKind).Select(category => category.Name).Distinct();
}
