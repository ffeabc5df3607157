using Microsoft.ML.Score.Datasets.Annotations;
using Microsoft.ML.Score.Evaluation;

namespace Microsoft.ML.Score.Datasets;

/// <summary>
/// Video-MME (arXiv 2405.21075): 900 videos of three length classes, three questions of four options each. Layouts: rows of one
/// question (parquet export of lmms-eval/Video-MME and its JSON), the tab-separated exports, and the official list of videos with
/// their questions. Categories: task, domain, sub-category. Score: accuracy. Subtitles are not used.
/// </summary>
/// <remarks>
/// Prompts, word for word because published scores depend on them, by name: "default", "llava_vid", "gpt4v" and "qwen3_vl" from
/// lmms-eval at 75571cfe, tasks/videomme (MIT and Apache-2.0), "vlmevalkit" from VLMEvalKit at e8e78f05, dataset/videomme.py (Apache-2.0).
/// </remarks>
internal static class VideoMme
{
    /// <summary>The name in <see cref="Benchmarks"/>.</summary>
    public const string Name = "video-mme";

    private const string Instruction = "Select the best answer to the following multiple-choice question based on the video and the subtitles. Respond with only the letter (A, B, C, or D) of the correct option.";

    internal static readonly IReadOnlyDictionary<string, Func<string, string, string>> Prompts = new Dictionary<string, Func<string, string, string>>(StringComparer.Ordinal)
    {
        ["default"] = (question, options) => $"{Instruction}\n{question}\n{options}\n\nAnswer with the option's letter from the given choices directly.",
        ["llava_vid"] = (question, options) => $"{Instruction}\n{question}\n{options}\nThe best answer is:",
        ["gpt4v"] = (question, options) => $"{Instruction}\n{question}\n{options}\nAnswer the question with A, B, C, or D.",
        ["qwen3_vl"] = (question, options) => $"Question: {question}\nOptions:\n{options}\nAnswer with the option letter only.",
        ["vlmevalkit"] = (question, options) =>
            "\nThese are the frames of a video. Select the best answer to the following multiple-choice question based on the video. Respond with only the letter (A, B, C, or D) of the correct option.\n"
            + $"Question: {question}\n{options}\nAnswer: ",
    };

    /// <summary>Reads the annotations and looks for the videos.</summary>
    /// <param name="annotationsPath">A .json, .jsonl, .tsv or .parquet file, or a folder of such.</param>
    /// <param name="videosFolder">Where the videos lie, named by their YouTube id, directly or under "data", "video" or "videos".</param>
    /// <param name="prompt">The name of a prompt. Default "default".</param>
    /// <exception cref="ArgumentException">There is no such prompt.</exception>
    /// <exception cref="FileNotFoundException">There are no annotations at that path.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder of videos.</exception>
    /// <exception cref="InvalidDataException">The annotations are damaged or of no known layout, or name a file outside the folder.</exception>
    public static AnnotatedBenchmark Open(string annotationsPath, string videosFolder, string prompt = "default")
    {
        var write = Benchmarks.FindPrompt(Name, Prompts, prompt);
        return AnnotatedBenchmark.Open(Name, [BenchmarkMetric.Accuracy], annotationsPath, new VideoFolder(videosFolder, "data", "video", "videos"),
            row => row.Has("questions") ? row.Rows("questions").Select(question => Read(row, question, write)) : [Read(row, row, write)]);
    }

    private static AnnotatedQuestion Read(AnnotationRow video, AnnotationRow row, Func<string, string, string> write)
    {
        var file = video.Text(video.FirstOf("videoID", "video_name", "video", "video_id"));
        var options = row.Texts(row.FirstOf("options", "candidates"));
        if (OptionAnswer.ByLetter(row, "answer", options.Count) is not { } answer)
            return AnnotatedQuestion.LeftOut(OptionAnswer.NotAnOption(row, "answer"));

        var task = row.Text(row.FirstOf("task_type", "task_name"));
        List<QuestionCategory> categories = [new(QuestionCategory.Task, task)];
        if (video.Has("domain"))
            categories.Add(new("domain", video.Text("domain")));
        if (video.Has("sub_category"))
            categories.Add(new("sub-category", video.Text("sub_category")));
        var text = write(row.Text("question"), string.Join('\n', options));
        return new AnnotatedQuestion(file, video.Has("duration") ? video.Text("duration") : AnnotatedQuestion.AllLengths,
            row.Question(text, options, answer, task) with { Id = row.Text(row.FirstOf("question_id", "index")), Categories = categories });
    }
}
