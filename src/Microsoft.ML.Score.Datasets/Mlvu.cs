using Microsoft.ML.Score.Datasets.Annotations;
using Microsoft.ML.Score.Evaluation;

namespace Microsoft.ML.Score.Datasets;

/// <summary>
/// MLVU (arXiv 2406.04264), its multiple-choice tasks: dev has seven tasks and four options, test nine tasks and six. Layouts: the
/// repository's folder of a file for each task (1_plotQA.json and so on, answers as full text), the parquet exports
/// with the options inside the question and answers as letters, and the tab-separated export. Categories: task. "findNeedle" is named
/// "needle" here, as everywhere else.
/// </summary>
/// <remarks>
/// Two scores go by the name M-Avg and differ for the same answers: the mean over tasks (the paper, lmms-eval) and the mean over all questions
/// (VLMEvalKit); both are given, the former first. Over a part of the set, tasks without a question do not count, where lmms-eval
/// counts them as 0. In test, answers E and F are read, which lmms-eval's extraction with four letters cannot.
/// The repository's files hold one empty question and two whose answer is not among their options: they are left out;
/// the exports lack the first and have the other two put right.
/// Prompts, word for word: "default" and, of dev, "plm" from lmms-eval at 75571cfe, tasks/mlvu (MIT and Apache-2.0), "vlmevalkit" from VLMEvalKit
/// at e8e78f05, dataset/mlvu.py (Apache-2.0), without its system text.
/// </remarks>
internal static class Mlvu
{
    /// <summary>The name of the dev set in <see cref="Benchmarks"/>.</summary>
    public const string DevName = "mlvu-dev";

    /// <summary>The name of the test set in <see cref="Benchmarks"/>.</summary>
    public const string TestName = "mlvu-test";

    internal static readonly IReadOnlyDictionary<string, Func<MlvuQuestion, string>> DevPrompts = new Dictionary<string, Func<MlvuQuestion, string>>(StringComparer.Ordinal)
    {
        ["default"] = question => $"{question.WithOptions}\nOnly give the best option.\nBest option: (",
        ["plm"] = question => $"{question.WithOptions}\nOnly give the best option.",
        ["vlmevalkit"] = question => $"{question.InKitsForm}\nOnly give the best option.",
    };

    internal static readonly IReadOnlyDictionary<string, Func<MlvuQuestion, string>> TestPrompts = new Dictionary<string, Func<MlvuQuestion, string>>(StringComparer.Ordinal)
    {
        ["default"] = question => question.WithOptions,
        ["vlmevalkit"] = question => $"{question.InKitsForm}\nOnly give the best option.",
    };

    /// <summary>Tasks of free text, scored by a judge: not part of this benchmark.</summary>
    private static readonly string[] s_generationTasks = ["subPlot", "sub_scene", "summary"];

    private static readonly string[] s_taskFolders = ["1_plotQA", "2_needle", "3_ego", "4_count", "5_order", "6_anomaly_reco", "7_topic_reasoning"];

    private static readonly BenchmarkMetric[] s_metrics = [new("M-Avg (mean over tasks)", QuestionCategory.Task), new("M-Avg (mean over questions)", MacroKind: null)];

    /// <summary>Reads the annotations of the dev set and looks for the videos.</summary>
    /// <param name="annotationsPath">A .json, .jsonl, .tsv or .parquet file, or a folder of such.</param>
    /// <param name="videosFolder">Where the videos lie, directly, under "video" or "videos", or in the folder of their task, as the set is distributed.</param>
    /// <param name="prompt">The name of a prompt. Default "default".</param>
    /// <exception cref="ArgumentException">There is no such prompt.</exception>
    /// <exception cref="FileNotFoundException">There are no annotations at that path.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder of videos.</exception>
    /// <exception cref="InvalidDataException">The annotations are damaged or of no known layout, or name a file outside the folder.</exception>
    public static AnnotatedBenchmark OpenDev(string annotationsPath, string videosFolder, string prompt = "default") => Open(DevName, DevPrompts, annotationsPath, videosFolder, prompt);

    /// <summary>Reads the annotations of the test set and looks for the videos.</summary>
    /// <inheritdoc cref="OpenDev"/>
    public static AnnotatedBenchmark OpenTest(string annotationsPath, string videosFolder, string prompt = "default") => Open(TestName, TestPrompts, annotationsPath, videosFolder, prompt);

    private static AnnotatedBenchmark Open(string name, IReadOnlyDictionary<string, Func<MlvuQuestion, string>> prompts, string annotationsPath, string videosFolder, string prompt)
    {
        var write = Benchmarks.FindPrompt(name, prompts, prompt);
        string[] folders = ["video", "videos", .. s_taskFolders, .. s_taskFolders.Select(task => Path.Combine("video", task))];
        return AnnotatedBenchmark.Open(name, s_metrics, annotationsPath, new VideoFolder(videosFolder, folders), row => [Read(row, write)]);
    }

    private static AnnotatedQuestion Read(AnnotationRow row, Func<MlvuQuestion, string> write)
    {
        var task = row.Text(row.FirstOf("question_type", "task_type", "task_name"));
        if (s_generationTasks.Contains(task))
            return AnnotatedQuestion.LeftOut($"its task '{task}' asks for free text");
        var (question, options) = (row.Text("question"), row.Texts("candidates"));
        if (string.IsNullOrWhiteSpace(question))
            return AnnotatedQuestion.LeftOut("it is empty");

        // The exports, which put the options into the question, give answers as letters; the repository's files and tables as text.
        var asked = new MlvuQuestion(question, options);
        var answer = row.Has("answer_number") ? OptionAnswer.ByIndex(row, "answer_number", options.Count)
            : !row.Has("answer") ? null
            : asked.HoldsOptions ? OptionAnswer.ByLetter(row, "answer", options.Count)
            : OptionAnswer.ByText(row, "answer", options);
        if (answer is not { } index)
            return AnnotatedQuestion.LeftOut(OptionAnswer.NotAnOption(row, "answer"));

        var file = row.Text(row.FirstOf("video_name", "video"));
        var id = row.Has("index") ? row.Text("index") : row.Has("question_id") ? row.Text("question_id") : row.Where;
        return new AnnotatedQuestion(file, AnnotatedQuestion.AllLengths, row.Question(write(asked), options, index, task == "findNeedle" ? "needle" : task) with { Id = id });
    }
}

/// <summary>A question in the forms that prompts take it in.</summary>
internal sealed class MlvuQuestion(string text, IReadOnlyList<string> options)
{
    private const string FirstOption = "\n(A)";

    /// <summary>Whether the file's text has the options in it.</summary>
    public bool HoldsOptions { get; } = text.Contains(FirstOption, StringComparison.Ordinal);

    /// <summary>The question and a line for each option, closed by a line end, as the exports have it.</summary>
    public string WithOptions => HoldsOptions ? text : $"{text}\n{string.Concat(options.Select((option, index) => $"({OptionAnswer.Letter(index)}) {option}\n"))}";

    public string InKitsForm
    {
        get
        {
            var question = HoldsOptions ? text[..text.IndexOf(FirstOption, StringComparison.Ordinal)] : text;
            return $"Question: {question}\nOptions:\n{string.Concat(options.Select((option, index) => $"({OptionAnswer.Letter(index)}) {option}\n"))}".TrimEnd();
        }
    }
}
