using Microsoft.ML.Score.Datasets.Annotations;
using Microsoft.ML.Score.Evaluation;

namespace Microsoft.ML.Score.Datasets;

/// <summary>
/// EgoSchema (arXiv 2308.09126), the subset of 500 questions whose answers are public: one question of five options a video of three minutes.
/// Layout: the rows of the parquet export lmms-eval/egoschema, answers as indices. Questions without an answer, as all of the full set, are left out: only its
/// server can score them. Score: accuracy; the set has no categories, its one task is "egoschema".
/// </summary>
/// <remarks>
/// Prompts, word for word: "default" and "aria" from lmms-eval at 75571cfe, tasks/egoschema (MIT and Apache-2.0). Where that finds no letter in a response it
/// picks one at random; here the answer is wrong and counted as unreadable. It also looks for option texts in long responses; here only letters
/// are read, by <see cref="MultipleChoiceQuestion.FindLetter"/>.
/// </remarks>
internal static class EgoSchema
{
    /// <summary>The name in <see cref="Benchmarks"/>.</summary>
    public const string Name = "egoschema";

    internal static readonly IReadOnlyDictionary<string, Func<string, string>> Prompts = new Dictionary<string, Func<string, string>>(StringComparer.Ordinal)
    {
        ["default"] = question => $"{question}\nAnswer with the option's letter from the given choices directly.",
        ["aria"] = question => $"Please answer the question about the video:\n{question}\nAnswer with the option's letter from the given choices directly.",
    };

    /// <summary>Reads the annotations and looks for the videos.</summary>
    /// <param name="annotationsPath">A .json, .jsonl, .tsv or .parquet file, or a folder of such.</param>
    /// <param name="videosFolder">Where the videos lie, named by their id, directly or under "videos".</param>
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
        var options = row.Texts("option");
        if (OptionAnswer.ByIndex(row, "answer", options.Count) is not { } answer)
            return AnnotatedQuestion.LeftOut(OptionAnswer.NotAnOption(row, "answer"));

        var file = row.Text("video_idx");
        var text = $"{row.Text("question")}\n{string.Join('\n', options)}";
        return new AnnotatedQuestion(file, AnnotatedQuestion.AllLengths, row.Question(write(text), options, answer, Name) with { Id = row.Text(row.FirstOf("question_idx", "video_idx")) });
    }
}
