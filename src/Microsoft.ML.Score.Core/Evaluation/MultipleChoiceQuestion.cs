namespace Microsoft.ML.Score.Evaluation;

/// <summary>One question with one right answer among named options.</summary>
public sealed record MultipleChoiceQuestion
{
    /// <param name="text">The whole user turn, options included.</param>
    /// <param name="options">At least two option texts. In real benchmarks some are empty or the same.</param>
    /// <param name="answerIndex">The index of the right option.</param>
    /// <param name="category">The kind of question, by which results are broken down, for example "colour".</param>
    /// <exception cref="ArgumentException">The text or the category is empty, an option is null, or there are not 2 to 26 options, one letter for each.</exception>
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

    /// <summary>
    /// Finds the option that a response names: first an option's text and nothing else; then an option's letter, A for the first,
    /// alone, as a heading ("B. blue", "(b)") or declared ("the answer is B"); then the only option whose text occurs in the
    /// response, an option inside a longer one that occurs not counted ("red" in "red circle"). Case, punctuation and spacing are ignored.
    /// An option without a letter or digit, or with the same words as another, is found by its letter alone.
    /// </summary>
    /// <param name="response">What the model said.</param>
    /// <returns>The index of the option; null when the response names none, several, or a letter beyond the options.</returns>
    public int? FindOption(string response)
    {
        ArgumentNullException.ThrowIfNull(response);

        return AnswerExtraction.FindOption(response, Options);
    }

    /// <summary>
    /// Finds the option letter that a response gives, by the rules of lmms-eval (lmms_eval/tasks/_task_utils/mcq_extract.py at 75571cfe),
    /// which the published scores of the public benchmarks rest on. Letters are capital and the question's own. The forms, the surest first:
    /// the response begins with a letter that is not part of a word; it ends with one; a letter after a phrase such as "the answer is";
    /// "(B)"; "B."; "B:"; "B)"; "B "; any letter at all. Within a form the last letter in the response wins. Nothing is guessed.
    /// </summary>
    /// <param name="response">What the model said, its reasoning stripped.</param>
    /// <returns>The index of the option; null when the response holds none of the letters.</returns>
    public int? FindLetter(string response)
    {
        ArgumentNullException.ThrowIfNull(response);

        return LetterAnswer.Find(response, Options.Count);
    }
}

/// <summary>One class that a question belongs to.</summary>
/// <param name="Kind">What is classified, for example <see cref="Task"/> or "domain".</param>
/// <param name="Name">The class, for example "counting".</param>
public readonly record struct QuestionCategory(string Kind, string Name)
{
    /// <summary>The kind that every question has: what it asks for.</summary>
    public const string Task = "task";
}
