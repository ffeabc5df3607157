namespace Microsoft.ML.Score.Synthetic;

/// <summary>One question with one right answer among named options.</summary>
public sealed record MultipleChoiceQuestion
{
    /// <param name="text">The whole user turn, options included.</param>
    /// <param name="options">At least two option texts, all different.</param>
    /// <param name="answerIndex">The index of the right option.</param>
    /// <param name="category">The kind of question, by which results are broken down, for example "colour".</param>
    /// <exception cref="ArgumentException">A text is empty, or there are fewer than two options, or two are the same up to case.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The answer is not one of the options.</exception>
    public MultipleChoiceQuestion(string text, IReadOnlyList<string> options, int answerIndex, string category)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(text);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrWhiteSpace(category);
        if (options.Count < 2)
            throw new ArgumentException($"A question needs at least 2 options, got {options.Count}.", nameof(options));
        if (options.Any(string.IsNullOrWhiteSpace) || options.Distinct(StringComparer.OrdinalIgnoreCase).Count() != options.Count)
            throw new ArgumentException($"Options must be different and not empty, got: {string.Join(" | ", options)}.", nameof(options));
        if ((uint)answerIndex >= (uint)options.Count)
            throw new ArgumentOutOfRangeException(nameof(answerIndex), answerIndex, $"The answer must be one of {options.Count} options.");

        Text = text;
        Options = options;
        AnswerIndex = answerIndex;
        Category = category;
    }

    /// <summary>The whole user turn, options included.</summary>
    public string Text { get; }

    /// <summary>The option texts, all different.</summary>
    public IReadOnlyList<string> Options { get; }

    /// <summary>The index of the right option.</summary>
    public int AnswerIndex { get; }

    /// <summary>The text of the right option: what a model is expected to say.</summary>
    public string Answer => Options[AnswerIndex];

    /// <summary>The kind of question, by which results are broken down.</summary>
    public string Category { get; }
}
