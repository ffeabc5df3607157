using Microsoft.ML.Score.Datasets.Annotations;
using Microsoft.ML.Score.Evaluation;

namespace Microsoft.ML.Score.Datasets;

/// <summary>
/// LongVideoBench (arXiv 2407.15754), validation: 1,337 questions of three to five options in length classes of 15, 60, 600 and
/// 3,600 seconds. Layouts: the repository's JSON list (candidates), the parquet export (option0 to option4, "N/A" where there are
/// fewer) and the tab-separated export. Categories: task (17), level, topic. Score: accuracy. Subtitles are not used.
/// </summary>
/// <remarks>
/// Prompt, word for word: "default" from lmms-eval at 75571cfe, tasks/longvideobench (MIT and Apache-2.0). Where that finds no letter in a response it picks
/// one at random; here the answer is wrong and counted as unreadable. It reads the first capital letter A to E of a response; here the
/// letters of the question's own options are read, by <see cref="MultipleChoiceQuestion.FindLetter"/>. It lets the model write 32 tokens,
/// <see cref="BenchmarkOptions.MaxAnswerTokens"/> is 16 by default.
/// </remarks>
internal static class LongVideoBench
{
    /// <summary>The name in <see cref="Benchmarks"/>.</summary>
    public const string Name = "longvideobench";

    internal static readonly IReadOnlyDictionary<string, Func<string, string>> Prompts = new Dictionary<string, Func<string, string>>(StringComparer.Ordinal)
    {
        ["default"] = question => $"{question}\nAnswer with the option's letter from the given choices directly.\n",
    };

    /// <summary>Reads the annotations and looks for the videos.</summary>
    /// <param name="annotationsPath">A .json, .jsonl, .tsv or .parquet file, or a folder of such.</param>
    /// <param name="videosFolder">Where the videos lie, directly or under "videos".</param>
    /// <param name="prompt">The name of a prompt. Default "default".</param>
    /// <exception cref="ArgumentException">There is no such prompt.</exception>
    /// <exception cref="FileNotFoundException">There are no annotations at that path.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder of videos.</exception>
    /// <exception cref="InvalidDataException">The annotations are damaged or of no known layout, or name a file outside the folder.</exception>
    public static AnnotatedBenchmark Open(string annotationsPath, string videosFolder, string prompt = "default")
    {
        var write = Benchmarks.FindPrompt(Name, Prompts, prompt);
        return AnnotatedBenchmark.Open(Name, [BenchmarkMetric.Accuracy], annotationsPath, new VideoFolder(videosFolder, "videos"), row => [Read(row, write)]);
    }

    private static AnnotatedQuestion Read(AnnotationRow row, Func<string, string> write)
    {
        var options = row.Has("candidates") ? row.Texts("candidates") : ReadNumbered(row);
        var answerField = row.Has("answer_number") ? "answer_number" : "correct_choice";
        if (OptionAnswer.ByIndex(row, answerField, options.Count) is not { } answer)
            return AnnotatedQuestion.LeftOut(OptionAnswer.NotAnOption(row, answerField));

        var task = row.Text(row.FirstOf("question_category", "task_name"));
        List<QuestionCategory> categories = [new(QuestionCategory.Task, task)];
        if (row.Has("level"))
            categories.Add(new("level", row.Text("level")));
        if (row.Has("topic_category"))
            categories.Add(new("topic", row.Text("topic_category")));
        var file = row.Text(row.FirstOf("video_path", "video_name"));
        var text = $"{row.Text("question")}\n{string.Join('\n', options.Select((option, index) => $"{OptionAnswer.Letter(index)}. {option}"))}";
        return new AnnotatedQuestion(file, row.Has("duration_group") ? $"{row.Integer("duration_group")} s" : AnnotatedQuestion.AllLengths,
            row.Question(write(text), options, answer, task) with { Id = row.Text(row.FirstOf("id", "question_id")), Categories = categories });
    }

    private static IReadOnlyList<string> ReadNumbered(AnnotationRow row)
    {
        string?[] options = [.. Enumerable.Range(0, 5).Select(index => $"option{index}").Select(field => row.Has(field) && row.Text(field) is var option && option != "N/A" ? option : null)];
        var count = Array.FindLastIndex(options, option => option is not null) + 1;

        // Without its place, those after it would get the letters of others.
        return [.. options.Take(count).Select((option, index) => option ?? throw row.Error($"needs a field 'option{index}', since 'option{count - 1}' is there"))];
    }
}
