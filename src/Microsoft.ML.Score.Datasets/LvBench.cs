using Microsoft.ML.Score.Datasets.Annotations;
using Microsoft.ML.Score.Evaluation;

namespace Microsoft.ML.Score.Datasets;

/// <summary>
/// LVBench (arXiv 2406.08035): 103 videos of about an hour, 1,549 questions of four options. Layouts: video_info.meta.jsonl, a line for
/// each video; rows of one question (the parquet export of lmms-eval/LVBench); the tab-separated export. Categories: task, of which
/// a question has one or several and counts in each, and kind of video. Score: accuracy over all questions.
/// </summary>
/// <remarks>
/// Ids are texts and numbers in one file; time references ("118:05-None") are not needed for asking and not read. Prompt, word for word: "default"
/// from lmms-eval at 75571cfe, tasks/lvbench (MIT and Apache-2.0). The official script takes the first letter between brackets;
/// here, as in lmms-eval, all forms of <see cref="MultipleChoiceQuestion.FindLetter"/> are read.
/// </remarks>
internal static class LvBench
{
    /// <summary>The name in <see cref="Benchmarks"/>.</summary>
    public const string Name = "lvbench";

    internal static readonly IReadOnlyDictionary<string, Func<string, string>> Prompts = new Dictionary<string, Func<string, string>>(StringComparer.Ordinal)
    {
        ["default"] = question => $"{question}\nAnswer the question with the option letter",
    };

    /// <summary>Reads the annotations and looks for the videos.</summary>
    /// <param name="annotationsPath">A .json, .jsonl, .tsv or .parquet file, or a folder of such.</param>
    /// <param name="videosFolder">Where the videos lie, named by their YouTube id, directly or under "all_videos", "video" or "videos".</param>
    /// <param name="prompt">The name of a prompt. Default "default".</param>
    /// <exception cref="ArgumentException">There is no such prompt.</exception>
    /// <exception cref="FileNotFoundException">There are no annotations at that path.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder of videos.</exception>
    /// <exception cref="InvalidDataException">The annotations are damaged or of no known layout, or name a file outside the folder.</exception>
    public static AnnotatedBenchmark Open(string annotationsPath, string videosFolder, string prompt = "default")
    {
        var write = Benchmarks.FindPrompt(Name, Prompts, prompt);
        return AnnotatedBenchmark.Open(Name, [BenchmarkMetric.Accuracy], annotationsPath, new VideoFolder(videosFolder, "all_videos", "video", "videos"),
            row => row.Has("qa") ? row.Rows("qa").Select(question => Read(row, question, write)) : [Read(row, row, write)]);
    }

    private static AnnotatedQuestion Read(AnnotationRow video, AnnotationRow row, Func<string, string> write)
    {
        var (question, options) = SplitOptions(row);
        var answerField = row.Has("answer_number") ? "answer_number" : "answer";
        var answer = answerField == "answer_number" ? OptionAnswer.ByIndex(row, answerField, options.Count) : OptionAnswer.ByLetter(row, answerField, options.Count);
        if (answer is not { } index)
            return AnnotatedQuestion.LeftOut(OptionAnswer.NotAnOption(row, answerField));

        var typeField = row.FirstOf("question_type", "task_name");
        var tasks = row.HasList(typeField) ? row.Texts(typeField) : [row.Text(typeField)];
        if (tasks.Count == 0)
            throw row.Error($"'{typeField}' is an empty list");
        List<QuestionCategory> categories = [.. tasks.Select(task => new QuestionCategory(QuestionCategory.Task, task))];
        if (video.Has("type"))
            categories.Add(new("video", video.Text("type")));
        var file = video.Text(video.FirstOf("video_path", "key", "video_name"));
        return new AnnotatedQuestion(file, AnnotatedQuestion.AllLengths,
            row.Question(write(question), options, index, tasks[0]) with { Id = row.Text(row.FirstOf("uid", "index", "question_id")), Categories = categories });
    }

    /// <summary>The question with its options as lines "(A) ..." and the options themselves, which stand in the text or in a list of their own.</summary>
    private static (string Question, IReadOnlyList<string> Options) SplitOptions(AnnotationRow row)
    {
        var text = row.Text("question");
        var field = row.HasList("options") ? "options" : "candidates";
        if (row.HasList(field) && row.Texts(field) is { Count: > 0 } listed) // an empty list says that they stand in the text
            return ($"{text}\n{string.Join('\n', listed.Select((option, index) => $"({OptionAnswer.Letter(index)}) {option}"))}", listed);

        var options = new List<string>();
        var rest = text;
        while (rest.IndexOf($"\n({OptionAnswer.Letter(options.Count)})", StringComparison.Ordinal) is >= 0 and var start)
        {
            rest = rest[(start + 4)..];
            var end = rest.IndexOf($"\n({OptionAnswer.Letter(options.Count + 1)})", StringComparison.Ordinal);
            options.Add((end < 0 ? rest : rest[..end]).Trim());
        }

        return (text, options);
    }
}
