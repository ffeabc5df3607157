namespace Microsoft.ML.Score.Synthetic;

/// <summary>One question with one right answer among named options.</summary>
public sealed record MultipleChoiceQuestion
{
    /// <param name="text">The whole user turn, options included.</param>
    /// <param name="options">At least two option texts. In real benchmarks some are empty or the same.</param>
    /// <param name="answerIndex">The index of the right option.</param>
    /// <param name="category">The kind of question, by which results are broken down, for example "colour".</param>
    /// <exception cref="ArgumentException">The text or the category is empty, an option is null, or there are not 2 to 26 options, a letter each.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The answer is not one of the options.</exception>
    public MultipleChoiceQuestion(string text, IReadOnlyList<string> options, int answerIndex, string category)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(text);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrWhiteSpace(category);
        if (options.Count is < 2 or > 26)
            throw new ArgumentException($"A question needs 2 to 26 options, got {options.Count}.", nameof(options));
        if (options.Contains(null!))
            throw new ArgumentException("An option is null.", nameof(options));
        if ((uint)answerIndex >= (uint)options.Count)
            throw new ArgumentOutOfRangeException(nameof(answerIndex), answerIndex, $"The answer must be one of {options.Count} options.");

        Text = text;
        Options = options;
        AnswerIndex = answerIndex;
        Category = category;
        Categories = [new(QuestionCategory.Task, category)];
    }

    /// <summary>Names the question within its benchmark, as the benchmark's own files do; empty where they do not.</summary>
    public string Id { get; init; } = "";

    /// <summary>The whole user turn, options included.</summary>
    public string Text { get; }

    /// <summary>The option texts; their letters are A for the first and so on.</summary>
    public IReadOnlyList<string> Options { get; }

    /// <summary>The index of the right option.</summary>
    public int AnswerIndex { get; }

    /// <summary>The text of the right option: what a model is expected to say.</summary>
    public string Answer => Options[AnswerIndex];

    /// <summary>The kind of question; the first where it has several.</summary>
    public string Category { get; }

    /// <summary>Everything by which results are broken down. Default the task named by <see cref="Category"/>; a question may have several tasks and counts in each.</summary>
    public IReadOnlyList<QuestionCategory> Categories { get; init; }
}
